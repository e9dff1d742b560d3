# Refuses to let a new server begin where the copies and the log of another one are: either its data is lost and must be
# restored, or it is of another major version and must be brought over (docs/upgrading.md). sh beginning.sh
set -eu
[ ! -s "$PGDATA/PG_VERSION" ] || exit 0
[ -n "$(find "$BACKUP_FOLDER/base" "$BACKUP_FOLDER/wal" -type f -print -quit 2>/dev/null)" ] || exit 0
cat >&2 <<WHY
PGDATA ($PGDATA) holds no server, but BACKUP_FOLDER ($BACKUP_FOLDER) holds the copies and the log of one.
If that server's data is lost: restore it (docs/operations.md, "Restore").
If it is of an older major version: bring it over (docs/upgrading.md). If it is given up: set-aside, then start again.
WHY
exit 1
