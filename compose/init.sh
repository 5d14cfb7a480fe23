#!/bin/bash
# Migrate the metadata database, and set the passwords of the two users of the UI. Airflow starts only if this succeeds.
set -euo pipefail

refuse() {
    echo "error: $1" >&2
    exit 1
}

stand_in_runs() {
    curl --fail --silent --max-time 10 --output /dev/null http://stand-in:5000/_standin/health
}

case $TARGET in
local)
    stand_in_runs || refuse ".env is for the stand-in, which is not running: run docker compose --profile local up.\
 For an AWS account, move .env away and run make env TARGET=aws."
    ;;
aws)
    ! stand_in_runs || refuse ".env is for an AWS account, but the stand-in is running: run docker compose\
 --profile local down, then docker compose up. For the demo, move .env away and run make env."
    ;;
*) refuse "TARGET in .env is '$TARGET': write local, for the stand-in, or aws." ;;
esac

airflow db migrate

case $AIRFLOW__CORE__AUTH_MANAGER in
*.SimpleAuthManager)
    # It reads the passwords as they are, so nobody else may read the file.
    umask 077
    python -c '
import json, os
users = {"admin": os.environ["UI_ADMIN_PASSWORD"], "viewer": os.environ["UI_VIEWER_PASSWORD"]}
print(json.dumps(users))' >"$AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE"
    ;;
*.FabAuthManager)
    airflow fab-db migrate
    # Kept as hashes. The second command changes the password of a user that exists.
    airflow users create --role Admin --username admin --password "$UI_ADMIN_PASSWORD" \
        --firstname Admin --lastname Airflow --email admin@localhost
    airflow users reset-password --username admin --password "$UI_ADMIN_PASSWORD"
    airflow users create --role Viewer --username viewer --password "$UI_VIEWER_PASSWORD" \
        --firstname Viewer --lastname Airflow --email viewer@localhost
    airflow users reset-password --username viewer --password "$UI_VIEWER_PASSWORD"
    ;;
*)
    refuse "compose/init.sh cannot create the users of $AIRFLOW__CORE__AUTH_MANAGER: set AUTH_MANAGER in .env to the\
 class of the simple or of the FAB auth manager."
    ;;
esac
