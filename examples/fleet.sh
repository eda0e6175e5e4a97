#!/bin/sh
# Fifty customers on a queue in a file: plan, approve by cause, apply, and a night that finds drift.
# Usage: fleet.sh USHER EXAMPLES
set -eu

usher=$1
examples=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp -R "$examples/fleet/." "$work"
cd "$work"

say() {
	printf '\n=== %s\n' "$*"
}

# run shows a command and runs it; it must exit with the expected code.
run() {
	expected=$1
	shift
	printf '\n$ usher %s\n' "$*"
	code=0
	"$usher" "$@" 2>>usher.log || code=$?
	if [ "$code" -ne "$expected" ]; then
		tail usher.log
		echo "expected exit code $expected, got $code"
		exit 1
	fi
}

mkdir tenants
"$usher" sandbox init -users=20 -out=one.json >/dev/null
for customer in $(sed '1d; s/,.*//' customers.csv); do
	cp one.json "tenants/$customer.tenant.json"
done

say "What would usher do in fifty tenants?"
run 0 fleet run plan -concurrency=8 -poll=100ms

say "The small customers are approved, by cause. Nothing else is applied."
run 0 fleet approve -as-of=50 -tenants=size=small -cause='add POWERAUTOMATE_ATTENDED_RPA by assignment.makers' \
	-cause='adopt POWERAUTOMATE_ATTENDED_RPA by assignment.makers'
run 0 fleet run apply -concurrency=8 -poll=100ms

say "Somebody takes a seat away from a maker of two customers. The night finds it."
for customer in customer-03 customer-21; do
	"$usher" sandbox request -file="tenants/$customer.tenant.json" POST /v1.0/users/user000002@contoso.com/assignLicense \
		'{"addLicenses":[],"removeLicenses":["eda1941c-3c4f-4995-b5eb-e85a42175ab9"]}' >/dev/null
done
run 2 fleet run drift -tenants=size=small -concurrency=8 -poll=100ms -now

say "One page for all."
run 2 fleet report
