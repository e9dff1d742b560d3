# Puts the copies and the log of a stopped server aside, so that another one may begin with its own. sh set_aside.sh
# Moved back into BACKUP_FOLDER, they restore that server with the programs of its major version.
set -eu
umask 077
if pg_ctl status --pgdata="$PGDATA" >/dev/null 2>&1 || { [ -n "${PGHOST:-}" ] && pg_isready --quiet; }; then
    echo 'The server runs: stop it first.' >&2
    exit 1
fi
aside="$BACKUP_FOLDER/before-$(date -u +%Y%m%dT%H%M%S.%6NZ)"
mkdir "$aside"
for part in base wal given-up; do
    [ ! -e "$BACKUP_FOLDER/$part" ] || mv "$BACKUP_FOLDER/$part" "$aside/"
done
sync "$BACKUP_FOLDER"
echo "The copies and the log until now are in $aside."
