# The PostgreSQL container's entrypoint: serves, or with `backup`, `restore TIME` or `set-aside` runs that script as the
# server's user.
set -eu
# Either volume may be new, and then belongs to root.
install --directory --owner=postgres --group=postgres "$(dirname "$PGDATA")"
install --directory --owner=postgres --group=postgres --mode=700 "$BACKUP_FOLDER"
case ${1:-} in
backup) PGUSER=$POSTGRES_USER exec gosu postgres sh /etc/occygene/backup/backup.sh ;;
# A server that still runs answers under its name; its process cannot be seen from another container.
restore) PGHOST=postgres exec gosu postgres sh /etc/occygene/backup/restore.sh "${2:-}" ;;
set-aside) PGHOST=postgres exec gosu postgres sh /etc/occygene/backup/set_aside.sh ;;
*)
    sh /etc/occygene/backup/beginning.sh
    exec docker-entrypoint.sh postgres "$@"
    ;;
esac
