#!/usr/bin/env bash
# The pipelines to copy, in a stand-in of each forge and in programs that others wrote to run
# pipelines. What is missing is installed: act, gitlab-ci-local, rsync and shellcheck.
set -euo pipefail
go=$1
cd "$(dirname "$0")/../.."
tools=$PWD/bin/pipelines
mkdir -p "$tools"
need() { command -v "$1" > /dev/null || { apt-get update -qq && apt-get install -y -qq "$1" > /dev/null; }; }
need shellcheck
need rsync
test -x "$tools/act" || GOFLAGS='' GOBIN=$tools "$go" install github.com/nektos/act@v0.2.89
lab=$tools/node_modules/.bin/gitlab-ci-local
test -x "$lab" || npm install --prefix "$tools" --no-fund --no-audit --silent gitlab-ci-local@4.61.1 # the last one for Node 20
"$go" test ./cmd/usher ./forge -count=1 -v -run 'Pipelines|Callers|Installs|TestScript/pipeline_|TestOneComment|TestIssue|TestDoubled'
"$go" test ./cmd/usher -count=1 -v -run 'TestPipelinesInRunners' -act="$tools/act" -gitlab-ci-local="$lab"
shellcheck --severity=warning templates/install.sh examples/demo.sh test/*/run.sh
"$go" run github.com/rhysd/actionlint/cmd/actionlint@v1.7.12 .github/workflows/licences.yml examples/pipelines/github.yml \
  examples/pipelines/request.github.yml
