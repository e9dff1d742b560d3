# The server's archive_command: keeps one finished piece of its log (WAL) for good. sh archive.sh PATH NAME
set -eu
umask 077
kept="$BACKUP_FOLDER/wal/$2.gz"
if [ -e "$kept" ]; then
    # Asked again after a crash: the same piece is well, and another one never takes its place.
    gunzip --stdout "$kept" | cmp --silent - "$1"
    exit
fi
mkdir -p "$BACKUP_FOLDER/wal"
gzip -1 --stdout "$1" >"$kept.part"
# The server throws its own copy away as soon as this ends well.
sync "$kept.part"
mv "$kept.part" "$kept"
sync "$BACKUP_FOLDER/wal"
