#!/usr/bin/env bash
# Mails through a real Postfix, start to end: a private instance with directories and a port of its own, on loopback alone.
# Needs root and Debian's postfix, openssl and Python.   usage: tests/postfix.sh TOLLWATCH
set -euo pipefail
tollwatch=$(realpath "$1")
here=$(cd "$(dirname "$0")" && pwd)
python=${TOLLWATCH_PYTHON:-python3}
port=${TOLLWATCH_POSTFIX_PORT:-12525}
work=$(mktemp -d)
chmod 755 "$work"
conf=$work/etc
log=$work/log

end() {
    postfix -c "$conf" stop >/dev/null 2>&1 || true
    [ -z "${web:-}" ] || kill "$web" 2>/dev/null || true
    rm -rf "$work"
}
trap end EXIT

mkdir -p "$conf" "$work/queue" "$work/data" "$work/boxes"
chown postfix "$work/data" "$work/boxes"
openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -addext basicConstraints=critical,CA:FALSE \
    -addext subjectAltName=DNS:localhost,IP:127.0.0.1 -keyout "$conf/key.pem" -out "$conf/cert.pem" 2>/dev/null
cat >"$conf/main.cf" <<END
compatibility_level = 3.6
queue_directory = $work/queue
data_directory = $work/data
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
mail_owner = postfix
setgid_group = postdrop
maillog_file = $log
maillog_file_prefixes = $work
myhostname = mx.tollwatch.test
mydestination =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
smtpd_tls_security_level = may
smtpd_tls_cert_file = $conf/cert.pem
smtpd_tls_key_file = $conf/key.pem
virtual_mailbox_domains = tollwatch.test
virtual_mailbox_base = $work/boxes
virtual_mailbox_maps = inline:{ desk@tollwatch.test=desk/ }
virtual_minimum_uid = 1
virtual_uid_maps = static:$(id -u postfix)
virtual_gid_maps = static:$(id -g postfix)
END
cat >"$conf/master.cf" <<END
127.0.0.1:$port inet n - n - - smtpd
pickup   unix n - n 60 1 pickup
cleanup  unix n - n - 0 cleanup
qmgr     unix n - n 300 1 qmgr
rewrite  unix - - n - - trivial-rewrite
bounce   unix - - n - 0 bounce
defer    unix - - n - 0 bounce
virtual  unix - n n - - virtual
smtp     unix - - n - - smtp
error    unix - - n - - error
retry    unix - - n - - error
anvil    unix - - n - 1 anvil
postlog  unix-dgram n - n - 1 postlogd
tlsmgr   unix - - n 1000? 1 tlsmgr
proxymap unix - - n - - proxymap
END
postfix -c "$conf" start >/dev/null 2>&1 || { cat "$log" 2>/dev/null; echo "postfix does not start"; exit 1; }

# A site with one feed, which brings a second report once the first has been taken in.
mkdir "$work/site"
item() { printf '<item><title>%s</title><link>http://127.0.0.1:%s/%s.html</link><pubDate>%s</pubDate></item>' "$2" "$((port + 1))" "$1" "$(date -R -d "$3")"; }
feed() { printf '<rss version="2.0"><channel><title>Harbour News</title>%s</channel></rss>' "$1" >"$work/site/feed.xml"; }
page() { printf '<html lang="en"><head><title>%s</title></head><body><article><h1>%s</h1><p>%s</p><p>Divers went on through the night, and the landing at Port Merrow stays closed until the weekend.</p></article></body></html>' "$2" "$2" "$3" >"$work/site/$1.html"; }
page first "14 dead as ferry sinks on Lake Orvane" "Fourteen people were killed on Sunday when a passenger ferry sank on Lake Orvane in a squall, the harbour police of Port Merrow said."
page second "Lake Orvane ferry toll rises to 27" "The death toll of the ferry sinking on Lake Orvane has risen to 27, the harbour police of Port Merrow said on Monday."
one=$(item first "14 dead as ferry sinks on Lake Orvane" "-3 hours")
two=$(item second "Lake Orvane ferry toll rises to 27" "-1 minute")
feed "$one"
python3 -m http.server -d "$work/site" -b 127.0.0.1 "$((port + 1))" >/dev/null 2>&1 &
web=$!

config() { # NAME, the lines of [delivery], those of [smtp], the recipient
    mkdir -p "$work/$1"
    cat >"$work/$1/tollwatch.toml" <<END
[general]
database = "$work/$1/tollwatch.db"
[http]
allow_private = ["127.0.0.1"]
[polling]
notices = false
[[feed]]
name = "harbour"
url = "http://127.0.0.1:$((port + 1))/feed.xml"
[delivery]
from = "tollwatch <tollwatch@tollwatch.test>"
collect = "0s"
$2
[smtp]
$3
[dkim]
selector = "tolls"
key_file = "$here/cases/dkim/rsa.pem"
[[mail]]
recipient = "$4"
END
}
run() { local name=$1; shift; "$tollwatch" --config "$work/$name/tollwatch.toml" "$@" 2>&1; }
arrived() { find "$work/boxes/desk/new" -type f 2>/dev/null | wc -l; }
expect() { # how many mails there must be in the end, and what for
    local limit=$((SECONDS + 30))
    until [ "$(arrived)" -ge "$1" ]; do
        [ $SECONDS -lt $limit ] || { tail -20 "$log"; echo "FAILED: $2: $(arrived) mails have arrived, not $1"; exit 1; }
        read -r -t 0.2 <> <(:) || true
    done
    [ "$(arrived)" -eq "$1" ] || { echo "FAILED: $2: $(arrived) mails, not $1"; exit 1; }
    echo "$2: arrived"
}

plain="host = \"127.0.0.1\"
port = $port"
config plain 'transport = "smtp"' "$plain" desk@tollwatch.test
run plain mail test
expect 1 "a test mail by SMTP in plain text on loopback"

config starttls 'transport = "smtp"' "host = \"localhost\"
port = $port
tls = \"starttls\"
ca_file = \"$conf/cert.pem\"" desk@tollwatch.test
run starttls mail test
expect 2 "a test mail by SMTP with STARTTLS"
grep -q 'starttls=1' "$log" || { echo "FAILED: it did not go encrypted"; exit 1; }

config program 'transport = "sendmail"' "$plain" desk@tollwatch.test
run program check | grep -q 'warning: /usr/sbin/sendmail needs rights' || { echo "FAILED: check does not warn of sendmail"; exit 1; }
MAIL_CONFIG=$conf run program mail test
expect 3 "a test mail by Postfix's sendmail"

run plain poll harbour
feed "$two$one"
# A quarter of an hour has to pass before a feed is asked again: here it passes by hand.
python3 -c 'import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); c.execute("UPDATE feeds SET next_check = 0"); c.commit()' \
    "$work/plain/tollwatch.db"
run plain poll harbour
expect 4 "an alert, from a feed to the mailbox"

config refused 'transport = "smtp"' "$plain" nobody@tollwatch.test
run refused mail test && { echo "FAILED: a mail to nobody was taken"; exit 1; }
echo "a mail to nobody: refused by Postfix as it should be"

if "$python" -c 'import dkim' 2>/dev/null; then
    record=$(run plain check | tail -n 1)
    good=$(for mail in "$work"/boxes/desk/new/*; do
        "$python" "$here/servers/verify_dkim.py" tolls._domainkey.tollwatch.test "$record" <"$mail"
    done | grep -c good) || true
    [ "$good" -eq 4 ] || { echo "FAILED: of four DKIM signatures $good hold as delivered"; exit 1; }
    echo "the DKIM signatures of all four hold as delivered"
else
    echo "DKIM: NOT verified, no dkimpy here"
fi
python3 "$here/servers/as_delivered.py" "$work"/boxes/desk/new/*
