# Copies the server's databases while it serves, and checks that its log is archived. sh backup.sh
# BACKUP_FOLDER, and libpq's variables (PGHOST …) of an administrator. Keeps the newest copies and the log since then.
set -eu
umask 077
kept=7
archived_within_s=${ARCHIVED_WITHIN_S:-60}
bases="$BACKUP_FOLDER/base"
unfinished="$bases/.unfinished"

mkdir -p "$bases"
exec 9>"$BACKUP_FOLDER/lock"
flock --nonblock 9 || {
    echo 'Another copy is being made.' >&2
    exit 1
}
rm -rf "$unfinished"
pg_basebackup --pgdata="$unfinished" --format=tar --gzip --checkpoint=fast --no-password
# Named by its end: every later moment can be reached from it.
name=$(date -u +%Y%m%dT%H%M%S.%6NZ)
sync "$unfinished"/*
mv -T "$unfinished" "$bases/$name"

# A copy reaches only its own end: what comes after it is in the log, so a log that is not archived is a failure.
# The byte before the log's end lies in the last finished piece. The end itself does not say: where it is a border, PostgreSQL
# names the piece before it up to 16, and the one behind it, which nobody finishes, from 17 on.
segment=$(psql --no-psqlrc --no-password --quiet --tuples-only --no-align --dbname=postgres \
    --command='SELECT pg_walfile_name(pg_switch_wal() - 1)')
waited_ds=0
until [ -e "$BACKUP_FOLDER/wal/$segment.gz" ]; do
    if [ "$waited_ds" -ge $((archived_within_s * 10)) ]; then
        echo "The copy $name is there, but the log is not archived: see the server's log and pg_stat_archiver." >&2
        exit 1
    fi
    sleep 0.1
    waited_ds=$((waited_ds + 1))
done

ls "$bases" | head -n -"$kept" | while read -r old; do rm -rf "${bases:?}/$old"; done
oldest=$(ls "$bases" | head -n 1)
first=$(tar --extract --gzip --to-stdout --occurrence=1 --file="$bases/$oldest/base.tar.gz" backup_label |
    sed -n 's/^START WAL LOCATION: .*(file \(.*\))$/\1/p')
pg_archivecleanup -x .gz "$BACKUP_FOLDER/wal" "${first:?}"
echo "$name $(du -sh "$bases/$name" | cut -f1), log since $oldest $(du -sh "$BACKUP_FOLDER/wal" | cut -f1)"
