#!/usr/bin/env bash
# Starts the services that keep states, each on loopback or a socket, runs a
# command with their addresses in its environment, and stops them. Installs what
# this machine lacks, if it can.
#
#   run.sh COMMAND...
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
chmod 755 "$work"
as_postgres() { if [ "$(id -u)" = 0 ]; then runuser -u postgres -- "$@"; else "$@"; fi; }
pids=()
finish() {
  [ ! -f "$work/data/postmaster.pid" ] || as_postgres "$pg/pg_ctl" -D "$work/data" -m immediate -s stop || true
  pkill -f "$work/pgbouncer.ini" || true # whose parent does not tell it to end
  [ ! -f "$work/blobs.sh" ] || bash "$work/blobs.sh" end || true
  [ ${#pids[@]} = 0 ] || kill "${pids[@]}" 2>/dev/null || true
  wait
  rm -rf "$work"
}
trap finish EXIT
trap 'exit 1' INT TERM

find_postgres() { ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -n 1; }
pg=$(find_postgres)
if { [ -z "$pg" ] || ! command -v pgbouncer >/dev/null; } && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  { apt-get update && apt-get install -y --no-install-recommends postgresql pgbouncer; } >"$work/apt.log" 2>&1 || { tail "$work/apt.log"; exit 1; }
  pg=$(find_postgres)
fi
[ -n "$pg" ] || { echo "PostgreSQL is needed, and is not installed"; exit 1; }
mkdir "$work/socket" "$work/data"
if [ "$(id -u)" = 0 ]; then chown postgres "$work/socket" "$work/data"; fi
as_postgres "$pg/initdb" -D "$work/data" -A trust -N >/dev/null
as_postgres "$pg/pg_ctl" -D "$work/data" -s -w -l "$work/data/log" -o "-k $work/socket -p 18791 -c listen_addresses=127.0.0.1 -c fsync=off" start
as_postgres "$pg/createdb" -h "$work/socket" -p 18791 usher
export USHER_TEST_POSTGRES="host=127.0.0.1 port=18791 user=postgres dbname=usher sslmode=disable"
cat >"$work/pgbouncer.ini" <<END
[databases]
usher = host=127.0.0.1 port=18791 user=postgres
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = 18793
unix_socket_dir =
auth_type = any
pool_mode = transaction
logfile = $work/data/pgbouncer.log
END
chmod 644 "$work/pgbouncer.ini"
as_postgres pgbouncer -q "$work/pgbouncer.ini" &
pids+=($!)
export USHER_TEST_POSTGRES_POOLED="host=127.0.0.1 port=18793 user=postgres dbname=usher sslmode=disable"
cat >"$work/restart" <<END
#!/bin/sh
exec 9>"$work/restarting"; flock 9
$(if [ "$(id -u)" = 0 ]; then echo "runuser -u postgres --"; fi) "$pg/pg_ctl" -D "$work/data" -s -w -m immediate -l "$work/data/log" restart 9>&-
END
export USHER_TEST_POSTGRES_RESTART="sh $work/restart"

cp "$here/package.json" "$work"
(cd "$work" && npm install --no-audit --no-fund --silent) >"$work/npm.log" 2>&1 || { tail "$work/npm.log"; exit 1; }
mkdir "$work/blobs"
# Azurite keeps in memory for a while what it has acknowledged, unlike the service:
# so it is ended politely.
cat >"$work/blobs.sh" <<END
exec 9>"$work/blobs.lock"; flock 9
if [ -f "$work/blobs.pid" ]; then
  read -r pid <"$work/blobs.pid"
  kill -TERM "\$pid"
  while state=\$(ps -o stat= -p "\$pid") && [ "\${state#Z}" = "\$state" ]; do sleep 0.05; done
fi
[ "\${1-}" != end ] || exit 0
"$work/node_modules/.bin/azurite-blob" --location "$work/blobs" --blobHost 127.0.0.1 --blobPort 18790 --disableTelemetry --skipApiVersionCheck --silent >"$work/blobs.log" 2>&1 9>&- &
echo \$! >"$work/blobs.pid"
for _ in \$(seq 100); do (: >/dev/tcp/127.0.0.1/18790) 2>/dev/null && exit; sleep 0.1; done
exit 1
END
bash "$work/blobs.sh"
export USHER_TEST_AZBLOB_RESTART="bash $work/blobs.sh"
openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=127.0.0.1 -addext subjectAltName=IP:127.0.0.1 -keyout "$work/tls.key" -out "$work/tls.pem" 2>/dev/null
mkdir "$work/signed"
"$work/node_modules/.bin/azurite-blob" --location "$work/signed" --blobHost 127.0.0.1 --blobPort 18792 --disableTelemetry --skipApiVersionCheck --silent --oauth basic --cert "$work/tls.pem" --key "$work/tls.key" &
pids+=($!)
export USHER_TEST_AZBLOB_TLS=https://127.0.0.1:18792/devstoreaccount1 USHER_TEST_AZBLOB_CERT="$work/tls.pem"
for _ in $(seq 100); do (: >/dev/tcp/127.0.0.1/18792) 2>/dev/null && break; sleep 0.1; done
export USHER_TEST_AZBLOB=http://127.0.0.1:18790/devstoreaccount1

export USHER_TEST_SERVICES=1
"$@"
