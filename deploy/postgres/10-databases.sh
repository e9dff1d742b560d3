# Run once by the image, when the volume is new: for each service a database, its owner, and the role that the service
# runs as. `prepare` lets that role in, with the rights that the service's code needs (ADR 0023).
make_database() {
    psql --quiet --no-psqlrc --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname postgres \
        --set service="$1" --set password="$2" --set owner="$1_owner" --set owner_password="$3" <<'SQL'
CREATE ROLE :"service" LOGIN PASSWORD :'password';
CREATE ROLE :"owner" LOGIN PASSWORD :'owner_password';
CREATE DATABASE :"service" OWNER :"owner";
REVOKE ALL ON DATABASE :"service" FROM PUBLIC;
SQL
}

make_database identity "${IDENTITY_DATABASE_PASSWORD:?}" "${IDENTITY_DATABASE_OWNER_PASSWORD:?}"
make_database cards "${CARDS_DATABASE_PASSWORD:?}" "${CARDS_DATABASE_OWNER_PASSWORD:?}"
make_database wallet "${WALLET_DATABASE_PASSWORD:?}" "${WALLET_DATABASE_OWNER_PASSWORD:?}"
make_database offers "${OFFERS_DATABASE_PASSWORD:?}" "${OFFERS_DATABASE_OWNER_PASSWORD:?}"
make_database notify "${NOTIFY_DATABASE_PASSWORD:?}" "${NOTIFY_DATABASE_OWNER_PASSWORD:?}"

# Every role may enter these by default.
psql --quiet --no-psqlrc --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname postgres \
    --command 'REVOKE ALL ON DATABASE postgres, template1 FROM PUBLIC'
