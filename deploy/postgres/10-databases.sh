# Run once by the image, when the volume is new: one database and one role per service, and nobody enters another's.
make_database() {
    psql --quiet --no-psqlrc --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname postgres \
        --set service="$1" --set password="$2" <<'SQL'
CREATE ROLE :"service" LOGIN PASSWORD :'password';
CREATE DATABASE :"service" OWNER :"service";
REVOKE ALL ON DATABASE :"service" FROM PUBLIC;
SQL
}

make_database identity "${IDENTITY_DATABASE_PASSWORD:?}"
make_database cards "${CARDS_DATABASE_PASSWORD:?}"
make_database wallet "${WALLET_DATABASE_PASSWORD:?}"
make_database offers "${OFFERS_DATABASE_PASSWORD:?}"
make_database notify "${NOTIFY_DATABASE_PASSWORD:?}"
