#!/usr/bin/env bash
# The HTML of usher in headless Chromium, which is installed from Debian where it is missing.
#
#   run.sh USHER [FOLDER]   with a folder for screenshots
set -euo pipefail
usher=$(realpath "$1")
images=${2:+$(realpath "$2")}
cd "$(dirname "$0")"
if ! command -v chromium >/dev/null && ! command -v google-chrome >/dev/null; then
  apt-get update -qq && apt-get install -y -qq chromium >/dev/null
fi
go test ./... -count=1 -v -usher="$usher" -images="$images"
