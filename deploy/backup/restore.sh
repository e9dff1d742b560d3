# Brings all databases of the server back to one moment, beside what is there. sh restore.sh TIME|latest
# TIME as 2026-07-10T14:30:00Z or with an offset: everything committed until then. The server must be stopped. PGDATA is
# replaced only when all went well, and is kept under another name; BACKUP_FOLDER is only read, but for copies of a
# future that this restore gives up.
set -eu
umask 077
export LC_ALL=C
tools=$(cd "$(dirname "$0")" && pwd)
bases="$BACKUP_FOLDER/base"
new="$PGDATA-restoring"
settings="$new.conf"
replaced="$PGDATA-before-$(date -u +%Y%m%dT%H%M%SZ)"

fail() {
    echo "$1" >&2
    exit 1
}

case ${1:-} in
latest)
    until=9
    target=
    ;;
*T*Z | *T*[+-]??:??)
    until=$(date -u -d "$1" +%Y%m%dT%H%M%S.%6NZ) || exit 1
    target="recovery_target_time = '$(date -u -d "$1" '+%Y-%m-%d %H:%M:%S.%6N+00')'"
    ;;
*) fail 'Say which moment: 2026-07-10T14:30:00+02:00, or latest.' ;;
esac
if pg_ctl status --pgdata="$PGDATA" >/dev/null 2>&1 || { [ -n "${PGHOST:-}" ] && pg_isready --quiet; }; then
    fail 'The server runs: stop it first.'
fi

base=
given_up=
for copy in $(ls "$bases" 2>/dev/null); do
    if [ "$(printf '%s\n%s\n' "$copy" "$until" | sort | head -n 1)" = "$copy" ]; then
        base=$copy
    else
        given_up="$given_up $copy"
    fi
done
[ -n "$base" ] || fail "No copy in $bases is older than that."

echo "From the copy $base and the log since then."
rm -rf "$new"
mkdir -m 700 "$new"
tar --extract --gzip --file="$bases/$base/base.tar.gz" --directory="$new"
tar --extract --gzip --file="$bases/$base/pg_wal.tar.gz" --directory="$new/pg_wal"
cp "$bases/$base/backup_manifest" "$new/"
# pg_verifybackup and pg_ctl hand paths to a shell in double quotes only: what they get is plain, or a variable.
cd "$(dirname "$new")"
beside=$(basename "$new")
pg_verifybackup --quiet "$beside"
touch "$new/recovery.signal"

# Beside the data, so that none of it is left in there. The stopped server's own log has what was not archived yet.
# It serves nobody until it has reached the moment; from then on it writes another line of the log (timeline).
# Folders reach its commands as variables, because a path may hold quotes.
socket=$(mktemp -d)
export BACKUP_FOLDER OWN_LOG="$PGDATA/pg_wal" TOOLS="$tools" SETTINGS="$settings"
cat >"$settings" <<SETTINGS
include '$beside/postgresql.conf'
restore_command = 'gunzip --stdout "\$BACKUP_FOLDER/wal/%f.gz" >"%p" 2>/dev/null || cp "\$OWN_LOG/%f" "%p" 2>/dev/null'
$target
recovery_target_action = 'promote'
hot_standby = off
listen_addresses = ''
unix_socket_directories = '$socket'
archive_mode = on
archive_command = 'sh "\$TOOLS/archive.sh" "%p" "%f"'
SETTINGS
: >"$new.log"
PGDATA="$new" pg_ctl start --wait --silent --log="$beside.log" --options='-c config_file="$SETTINGS"' || true
while [ -e "$new/recovery.signal" ] || ! pg_controldata "$new" | grep -q 'cluster state: *in production'; do
    if ! pg_ctl status --pgdata="$new" >/dev/null 2>&1; then
        tail -n 5 "$new.log" >&2
        fail "Not restored; $PGDATA is as it was. The whole story is in $new.log; 'latest' goes as far as the log does."
    fi
    sleep 0.2
done
sed -n 's/.*\(last completed transaction was at log time .*\)/The \1./p' "$new.log"
pg_ctl stop --wait --timeout=86400 --silent --mode=fast --pgdata="$new"
rm -rf "$socket" "$settings"

for copy in $given_up; do
    mkdir -p "$BACKUP_FOLDER/given-up"
    mv "$bases/$copy" "$BACKUP_FOLDER/given-up/"
done
if [ -e "$PGDATA" ]; then
    mv -T "$PGDATA" "$replaced"
    echo "What was there is now $replaced."
fi
mv -T "$new" "$PGDATA"
echo "Restored: $PGDATA. Now announce again (chassis replay) before any service serves."
