#!/usr/bin/env bash
# Clients that others wrote, unchanged, against the simulated tenant behind
# a proxy: what they print is the transcript. Each that this machine can install
# runs; for each that it cannot, the transcript says so.
#
#   run.sh USHER TENANT_FILE
set -euo pipefail
usher=$(realpath "$1")
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null || true; wait; rm -rf "$work"' EXIT
cp "$2" "$work/tenant.json"
cp "$here/package.json" "$here/graph.mjs" "$work"
cd "$work"

export TENANT=81db8ebb-bbc6-4c6c-aad4-a6aa92b76e0c
export CLIENT_ID=aaaaaaaa-0000-4000-8000-000000000002 CLIENT_SECRET='apply~secret~never~shown'
failed=0

say() { printf '\n== %s\n' "$*"; }
try() {
  printf '$ %s\n' "${*//"$CLIENT_SECRET"/SECRET}"
  if ! timeout 120 "$@"; then
    echo "FAILED"
    failed=1
  fi
}

if command -v npm >/dev/null; then npm install --no-audit --no-fund --silent >npm.log 2>&1 || echo "npm cannot install: $(tail -n 1 npm.log)"; fi
if ! command -v az >/dev/null && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  { apt-get update && apt-get install -y --no-install-recommends azure-cli; } >apt.log 2>&1 || true
fi

if command -v go >/dev/null; then (cd "$here/azuread" && go build -o "$work/azuread" .) 2>go.log || echo "go cannot build: $(tail -n 1 go.log)"; fi

"$usher" sandbox serve -file=tenant.json -listen=127.0.0.1:18787 -authority="$work/ca.pem" -log="$work/requests.jsonl" >serve.log &
for _ in $(seq 100); do [ -f ca.pem ] && break; sleep 0.1; done
export HOME="$work" HTTPS_PROXY=http://127.0.0.1:18787
export NODE_EXTRA_CA_CERTS="$work/ca.pem" REQUESTS_CA_BUNDLE="$work/ca.pem" SSL_CERT_FILE="$work/ca.pem"

say "the official Graph client library for JavaScript"
if [ -d node_modules/@microsoft/microsoft-graph-client ]; then try node graph.mjs; else echo "not installed"; fi

say "CLI for Microsoft 365"
if [ -x node_modules/.bin/m365 ]; then
  m365=node_modules/.bin/m365
  person=ada@contoso.com
  free=f30db892-07e9-47e9-837c-80727f46fd3d
  export CLIMICROSOFT365_NOUPDATE=1
  try $m365 login --authType secret --appId "$CLIENT_ID" --tenant "$TENANT" --secret "$CLIENT_SECRET" --output text
  try $m365 entra license list --output text --query '[].{sku: skuPartNumber, assigned: consumedUnits}'
  try $m365 logout
  try $m365 login --authType password --appId 04b07795-8ddb-461a-bbee-02f9e1bf7b46 --tenant "$TENANT" --userName $person --password 'ada~password~never~shown' --output text
  try $m365 entra user license list --userName $person --output text
  try $m365 entra user license add --userName $person --ids $free --output text
  try $m365 entra user license list --userName $person --output text
  try $m365 entra user license remove --userName $person --ids $free --force
  try $m365 entra user license list --userName $person --output text
  try $m365 pp environment list --output text
else
  echo "not installed"
fi

say "the libraries of Terraform's azuread provider"
if [ -x azuread ]; then
  export ARM_METADATA_HOSTNAME=management.azure.com
  try ./azuread
else
  echo "not built"
fi

say "Azure CLI"
if command -v az >/dev/null; then
  export AZURE_CONFIG_DIR="$work/az" AZURE_CORE_COLLECT_TELEMETRY=no AZURE_CORE_ONLY_SHOW_ERRORS=yes
  try az login --service-principal -u "$CLIENT_ID" -p "$CLIENT_SECRET" --tenant "$TENANT" --allow-no-subscriptions --query '[].user.name' -o tsv
  try az rest --url 'https://graph.microsoft.com/v1.0/subscribedSkus' --query 'value[].skuPartNumber' -o tsv
  try az rest --url "https://graph.microsoft.com/v1.0/users?\$select=userPrincipalName&\$top=3" --query 'value[].userPrincipalName' -o tsv
else
  echo "not installed"
fi

say "what the tenant was asked, by host"
sed -n 's/.*"host":"\([^"]*\)".*"status":\([0-9]*\).*/\2 \1/p' requests.jsonl | sort | uniq -c
exit $failed
