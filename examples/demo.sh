#!/bin/sh
# The main job, told on a copy of examples/contoso: plan, apply, no changes;
# people and capacity move; somebody changes the tenant behind usher's back;
# a change that does not fit is refused. Usage: demo.sh USHER EXAMPLES
set -eu

usher=$1
examples=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp -R "$examples/contoso/." "$work"
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
	"$usher" "$@" || code=$?
	if [ "$code" -ne "$expected" ]; then
		echo "expected exit code $expected, got $code"
		exit 1
	fi
}

say "Contoso has 300 people and handed out licenses by hand. What would usher do?"
run 0 plan -out=first.plan.json
run 0 apply first.plan.json
run 0 plan

say "Three people move to another product, some leave, makers join, and capacity goes from test to production."
cp changes/office.csv changes/engineering.csv changes/makers.csv changes/environments.hcl .
run 2 plan -detailed-exitcode
run 0 apply -auto-approve
run 0 plan

say "Somebody takes a seat away in the admin centre, and gives production two units less."
"$usher" sandbox request -file=contoso.tenant.json POST /v1.0/users/alan.lamport@contoso.com/assignLicense \
	'{"addLicenses":[],"removeLicenses":["eda1941c-3c4f-4995-b5eb-e85a42175ab9"]}' >/dev/null
production=$(sed -n 's/.*"id":"\([^"]*\)","name":"production".*/\1/p' contoso.tenant.json)
"$usher" sandbox request -file=contoso.tenant.json PATCH "/licensing/environments/$production/allocations?api-version=2024-10-01" \
	'{"currencyAllocations":[{"currencyType":"PowerAutomatePerProcess","allocated":6}]}' >/dev/null
run 2 drift
run 2 plan -detailed-exitcode
run 0 apply -auto-approve

say "A rollout that does not fit: development wants 5 units of process, and 1 is left."
sed 's/copilot_credits = 5000/copilot_credits = 5000\
    process         = 5/' environments.hcl >next && mv next environments.hcl
run 3 plan
run 3 apply -auto-approve

say "Nothing was written. The tenant is as it was."
run 0 usage
