#!/bin/bash
# Runs as root inside the container that tests/container.sh boots. Prints a line for each thing it looks at.
set -u
cd /run/probe
passed=0 failed=0 begun=$SECONDS

# check NAME COMMAND…: whether the command succeeds.
check() {
    local name=$1 said
    shift
    if said=$("$@" 2>&1); then
        passed=$((passed + 1))
        printf 'ok    %3d s  %s%s\n' $((SECONDS - begun)) "$name" "${said:+: $said}"
    else
        failed=$((failed + 1))
        printf 'FAIL  %3d s  %s%s\n' $((SECONDS - begun)) "$name" "${said:+: $said}"
    fi
}

# within SECONDS COMMAND…: waits until the command succeeds; prints what it says then.
within() {
    local end=$(($(date +%s%N) + $1 * 1000000000)) said
    shift
    while ! said=$("$@" 2>&1); do
        if [ "$(date +%s%N)" -gt "$end" ]; then
            echo "not within its time; last: $said"
            return 1
        fi
        sleep 0.2
    done
    echo "$said"
}

unit() { systemctl show tollwatch --property="$1" --value; }
is() { [ "$(unit "$1")" = "$2" ] || { echo "$1 is $(unit "$1")"; return 1; }; }
status_says() { unit StatusText | grep -- "$1"; }
status_hushes() { ! unit StatusText | grep -q -- "$1"; }
count() { tollwatch status --format json | grep -o "\"$1\":[0-9]*" | cut -d: -f2; }
counts() { [ "$(count "$1")" = "$2" ] || { echo "$1 is $(count "$1")"; return 1; }; }
mails() { find /home/desk/Maildir/new -type f 2>/dev/null | wc -l; }
mails_are() { [ "$(mails)" = "$1" ] && echo "$1 in the mailbox" || { echo "$(mails) mails"; return 1; }; }
# told ID: how many messages of a kind the journal holds.
told() { journalctl --quiet --output=json "MESSAGE_ID=$1" | wc -l; }
id_of() { grep -B1 "^Subject: tollwatch: $1\$" /usr/lib/systemd/catalog/tollwatch.catalog | sed -n 's/^-- //p'; }
told_of() {
    local n
    n=$(told "$(id_of "$1")")
    [ "$n" -ge "${2:-1}" ] && echo "$n in the journal" || { echo "$n in the journal"; return 1; }
}
# What a mail that was sent carries into the journal.
fields_of() {
    journalctl --quiet --output=json "MESSAGE_ID=$(id_of "$1")" | tail -n 1 |
        grep -o "\"\(${2// /\\|}\)\":\"[^\"]*\"" | tr '\n' ' ' | grep .
}

# --- the press: an article each hour before now, and a feed of the first so many.
article() {
    local title=$1 text=$2 slug=$3
    printf '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>%s</title></head><body><article><h1>%s</h1>' \
        "$title" "$title" >"/srv/press/$slug.html"
    printf '<p>%s</p><p>The ferry went down ten minutes after it had left the landing at Port Merrow, and boats of the
villages nearby searched the lake through the night.</p></article></body></html>' "$text" >>"/srv/press/$slug.html"
}
publish() {
    local n
    {
        echo '<?xml version="1.0"?><rss version="2.0"><channel><title>Harbour Post</title>'
        for n in $(seq 1 "$1"); do
            printf '<item><title>%s</title><link>http://127.0.0.1:8080/toll-%d.html</link><guid>toll-%d</guid><pubDate>%s</pubDate></item>' \
                "$(sed -n 's/.*<h1>\(.*\)<\/h1>.*/\1/p' "/srv/press/toll-$n.html" | head -n 1)" "$n" "$n" \
                "$(date --rfc-email --date="$((10 - n)) minutes ago")"
        done
        echo '</channel></rss>'
    } >/srv/press/feed.xml
}
# A feed that has another address is asked at once, and stays the same feed for its articles.
config() {
    cat >/etc/tollwatch/conf.d/press.toml <<CONFIG
[http]
allow_private = ["127.0.0.1:8080"]
[[feed]]
name = "harbour"
url = "http://127.0.0.1:8080/feed.xml?n=$1"
user = "reader"
credential = "smtp.password"
[delivery]
transport = "smtp"
from = "tollwatch <tollwatch@press.test>"
collect = "1s"
[smtp]
host = "127.0.0.1"
[[mail]]
recipient = "desk@press.test"
CONFIG
}

prepare() {
    mkdir -p /srv/press
    printf 'reader:{PLAIN}open-sesame\n' >/etc/nginx/readers
    cat >/etc/nginx/sites-enabled/default <<'NGINX'
server {
    listen 127.0.0.1:8080;
    root /srv/press;
    location = /feed.xml { auth_basic "readers"; auth_basic_user_file /etc/nginx/readers; }
}
NGINX
    useradd --create-home desk
    postconf -e inet_interfaces=loopback-only mydestination=press.test home_mailbox=Maildir/ myhostname=press.test \
        inet_protocols=ipv4 smtpd_relay_restrictions=permit_mynetworks,reject mynetworks=127.0.0.0/8
    postconf -e maillog_file=/var/log/postfix.log 'alias_maps=' 'alias_database='
    article "14 dead as ferry sinks on Lake Orvane" "Fourteen people were killed on Sunday when a passenger ferry sank on
Lake Orvane in a squall, the harbour police of Port Merrow said." toll-1
    article "Lake Orvane ferry toll rises to 27" "The death toll of the ferry sinking on Lake Orvane has risen to 27, the
harbour police of Port Merrow said on Monday. Divers had reached the cabin of the ferry, which sank on Sunday." toll-2
    article "Lake Orvane ferry toll rises to 31" "The death toll of the ferry sinking on Lake Orvane has risen to 31, the
harbour police of Port Merrow said on Monday. Four more bodies were found in the cabin of the ferry." toll-3
    article "Lake Orvane ferry toll rises to 34" "The death toll of the ferry sinking on Lake Orvane has risen to 34, the
harbour police of Port Merrow said on Tuesday. Three more bodies were found below the deck of the ferry." toll-4
    publish 1
    systemctl restart nginx postfix
}

echo "systemd $(systemctl --version | sed -n 's/^systemd \([0-9]*\).*/\1/p'), $(uname -r)"
check "nginx and Postfix serve the container's loopback" prepare

# --- the package
quietly() { "$@" >/dev/null; }
check "the package installs" quietly dpkg -i tollwatch.deb
check "it is enabled and started at once, without a password" within 5 is ActiveState active
check "READY: it says that there is no feed yet" status_says "no feed is configured yet"
check "the manual pages and completions are there" ls /usr/share/man/man8/tollwatch.8.gz \
    /usr/share/man/man5/tollwatch.toml.5.gz /usr/share/bash-completion/completions/tollwatch

# --- polling and mailing
printf 'open-sesame\n' >/etc/tollwatch/credentials/smtp.password
chmod 600 /etc/tollwatch/credentials/smtp.password
config 1
check "it starts with a feed behind a password, a credential" systemctl restart tollwatch
check "it polls and reads" within 20 counts articles 1
check "STATUS tells feeds, failing, outbox and last poll" within 15 status_says "1 feeds, 0 resting, 0 failing · outbox 0 · last poll"
check "the first poll mails nobody" mails_are 0
publish 2
config 2
check "a reload takes a good config over" systemctl reload tollwatch
check "a change is mailed" within 30 mails_are 1
check "journal: a change" told_of "a figure has changed"
check "journal: a mail" told_of "a mail was sent"
check "journal: its fields" fields_of "a figure has changed" "STORY MEASURE GROUP SOURCE AFTER OUTLET"
check "journal: a reload" told_of "the config was loaded anew"
check "journalctl -x explains them" sh -c 'journalctl -x -q MESSAGE_ID='"$(id_of "a mail was sent")"' | grep -o "The mail server has taken a mail.*"'

# --- a bad config
bad() { sed -i 's/^recipient/recipent/' /etc/tollwatch/conf.d/press.toml; }
pid=$(unit MainPID)
bad
check "a reload with a bad config ends too" systemctl reload tollwatch
check "STATUS says that the old one is in force" status_says "the new config was refused; the old one is in force"
check "the same process goes on" is MainPID "$pid"
check "journal: a refused config" told_of "the new config was refused"
config 2
check "a good one again" systemctl reload tollwatch
check "STATUS says so no more" status_hushes "refused"

# --- a feed that falls ill and is well again
mv /srv/press/feed.xml /srv/press/away.xml
config 3
systemctl reload tollwatch
check "journal: a feed is down" within 20 told_of "a feed is down"
mv /srv/press/away.xml /srv/press/feed.xml
config 4
systemctl reload tollwatch
check "journal: a feed is up again" within 20 told_of "a feed is up again"

# --- the sandbox
main_status() { sed -n "s/^$1:\s*//p" "/proc/$(unit MainPID)/status"; }
user=$(stat --format=%u "/proc/$(unit MainPID)")
check "it runs as a user of its own" test "$user" -ge 61184 -a "$user" -le 65519
check "without capabilities, new privileges or free system calls" \
    test "$(main_status CapEff) $(main_status CapBnd) $(main_status NoNewPrivs) $(main_status Seccomp)" = \
    "0000000000000000 0000000000000000 1 2"
credential=/run/credentials/tollwatch.service/smtp.password
refused() { ! setpriv --reuid="$1" --regid="$1" --clear-groups cat "$2" 2>/dev/null; }
check "the credential is the service's" setpriv --reuid="$user" --regid="$user" --clear-groups grep -q sesame "$credential"
check "and nobody else's" refused nobody "$credential"
check "nor is the password's file" refused "$user" /etc/tollwatch/credentials/smtp.password
check "the database is nobody else's" refused nobody /var/lib/tollwatch/tollwatch.db
# The unit as it is installed, with another command: what may it do?
sandboxed() {
    sed -e 's/^Type=.*/Type=oneshot/' -e "s#^ExecStart=.*#ExecStart=$1#" -e 's/^User=.*/User=tollwatch-sandbox/' \
        -e '/^\(Restart\|ExecReload\|ExecStartPre\|Watchdog\|OnFailure\|Start\|NotifyAccess\|StateDirectory=\|CacheDirectory=\|RuntimeDirectory=\)/d' \
        /usr/lib/systemd/system/tollwatch.service >/etc/systemd/system/tollwatch-sandbox.service
    systemctl daemon-reload
    systemctl start tollwatch-sandbox 2>/dev/null
    systemctl show tollwatch-sandbox --property=ExecMainStatus --value
    systemctl reset-failed tollwatch-sandbox 2>/dev/null
}
ends_with() { local ended; ended=$(sandboxed "$2"); [ "$ended" = "$1" ] || { echo "ended with $ended"; return 1; }; }
echo "Fourteen people were killed when a ferry sank." >/home/desk/article.txt
cp /home/desk/article.txt /tmp/article.txt
chmod 644 /home/desk/article.txt
chmod 755 /home/desk
cp /home/desk/article.txt /usr/share/doc/tollwatch/article.txt
check "the sandbox lets it read what it may" ends_with 0 "/usr/bin/tollwatch extract /usr/share/doc/tollwatch/article.txt"
check "it denies /home" ends_with 66 "/usr/bin/tollwatch extract /home/desk/article.txt"
check "it denies the machine's /tmp" ends_with 66 "/usr/bin/tollwatch extract /tmp/article.txt"
check "it denies writing to /etc" ends_with 73 "/usr/bin/tollwatch demo --dir /etc/tollwatch/demo"
check "it denies running programs" ends_with 203 /bin/true
rm -f /etc/systemd/system/tollwatch-sandbox.service /usr/share/doc/tollwatch/article.txt
systemctl daemon-reload

# --- the watchdog, with a shorter time
mkdir -p /etc/systemd/system/tollwatch.service.d
printf '[Service]\nWatchdogSec=2s\nRestartSec=500ms\n' >/etc/systemd/system/tollwatch.service.d/test.conf
systemctl daemon-reload
systemctl restart tollwatch
sleep 5
check "the watchdog is fed" is NRestarts 0
pid=$(unit MainPID)
kill -STOP "$pid"
another() { is ActiveState active && [ "$(unit MainPID)" != "$pid" ] && is NRestarts 1; }
check "a process that stands still is killed and started anew" within 20 another
check "for that reason" sh -c 'journalctl -q -u tollwatch | grep -o "Watchdog timeout.*" | tail -n 1'
rm /etc/systemd/system/tollwatch.service.d/test.conf
systemctl daemon-reload

# --- ends and starts
publish 3
config 5
systemctl reload tollwatch
check "after that it goes on" within 30 mails_are 2
pid=$(unit MainPID)
kill -KILL "$pid"
# Just after the end of one it is still called active, with no process.
another_pid() { local now; now=$(unit MainPID) && is ActiveState active && [ "$now" != 0 ] && [ "$now" != "$pid" ]; }
check "a process that was killed is started anew" within 20 another_pid
stop() {
    local from=$(date +%s%N)
    systemctl stop tollwatch || return 1
    echo "$((($(date +%s%N) - from) / 1000000)) ms"
    is Result success
}
check "systemctl stop ends it within its limit" stop
check "it leaves one file" sh -c '! ls /var/lib/private/tollwatch/tollwatch.db-wal 2>/dev/null'
before="$(count articles) $(count claims) $(count mails_sent)"
systemctl start tollwatch
config 6
systemctl reload tollwatch
sleep 4
same() { [ "$(count articles) $(count claims) $(count mails_sent)" = "$before" ] && mails_are 2; }
check "after restarts nothing is lost or doubled" same

# --- backup and restore
check "a backup beside the running daemon" tollwatch backup /root/copy.db
check "no restore beside a running daemon" sh -c 'tollwatch restore /root/copy.db; [ $? = 75 ]' 
systemctl start tollwatch-backup
check "the nightly backup" sh -c 'ls /var/lib/tollwatch/backup/ | grep "^tollwatch-.*\.db$"'
systemctl stop tollwatch
dd if=/dev/urandom of=/var/lib/private/tollwatch/tollwatch.db bs=4096 seek=3 count=20 conv=notrunc status=none
check "a damaged database does not start, and does not loop" sh -c '! systemctl start tollwatch 2>/dev/null; sleep 6; systemctl is-failed tollwatch'
check "nor is it restarted" is NRestarts 0
systemctl reset-failed tollwatch
check "it is restored" sh -c 'tollwatch restore /root/copy.db | head -n 1'
check "and starts" systemctl start tollwatch
check "with all it had" same

# --- config errors at the start
bad
check "a bad config does not start" sh -c '! systemctl restart tollwatch 2>/dev/null'
check "it ends with 78" is ExecMainStatus 78
sleep 7
check "it is not tried again" is NRestarts 0
check "it has failed" is ActiveState failed
check "the failure unit tells of it" within 5 sh -c 'journalctl -q -t tollwatch | grep -o "tollwatch.service has failed.*"'
config 7
systemctl reset-failed tollwatch
systemctl start tollwatch
mv /etc/tollwatch/credentials/smtp.password /root/
check "a password that is missing is told of" sh -c '! systemctl restart tollwatch 2>/dev/null; journalctl -q -u tollwatch | grep -o "the password in .*" | tail -n 1'
check "it ends with 78 too" is ExecMainStatus 78
mv /root/smtp.password /etc/tollwatch/credentials/
systemctl reset-failed tollwatch

# --- a full disk
systemctl stop tollwatch
mount -t tmpfs -o "size=16M,mode=700,uid=$user,gid=$user" tmpfs /var/lib/private/tollwatch
tollwatch restore /root/copy.db >/dev/null
systemctl start tollwatch
dd if=/dev/zero of=/var/lib/private/tollwatch/filler bs=1M status=none 2>/dev/null
publish 4
config 8
systemctl reload tollwatch
check "a full disk: STATUS says so" within 20 status_says "no room"
check "journal: trouble with the database" told_of "trouble with the database"
check "nothing is mailed" mails_are 2
rm /var/lib/private/tollwatch/filler
check "it goes on when there is room" within 75 mails_are 3
check "journal: the database is well again" told_of "the database is well again"
check "STATUS says so no more" within 15 status_hushes "no room"
printf '      %3d s  memory %s, most %s; %s threads\n' $((SECONDS - begun)) "$(main_status VmRSS)" "$(main_status VmHWM)" "$(main_status Threads)"

# --- upgrade, removal
printf '\n# a line of my own\n' >>/etc/tollwatch/tollwatch.toml
upgrade() {
    dpkg-deb -R tollwatch.deb /root/next
    sed -i 's/^Version:.*/Version: 9.9.9-1/' /root/next/DEBIAN/control
    printf '\n# a line of the next version\n' >>/root/next/etc/tollwatch/tollwatch.toml
    dpkg-deb -Znone -b /root/next /root/next.deb && dpkg --force-confdef --force-confold -i /root/next.deb
} >/dev/null
pid=$(unit MainPID)
check "an upgrade" upgrade
check "keeps the config" grep "a line of my own" /etc/tollwatch/tollwatch.toml
check "and starts the new program" within 10 another_pid
check "removing it" sh -c 'dpkg -r tollwatch >/dev/null 2>&1'
check "ends the service" sh -c '! systemctl is-active --quiet tollwatch'
check "keeps config and data" ls /etc/tollwatch/tollwatch.toml
systemctl stop tollwatch 2>/dev/null
umount /var/lib/private/tollwatch
rm -f /etc/tollwatch/conf.d/press.toml
check "purging it" sh -c 'dpkg -P tollwatch >/dev/null 2>&1'
leftovers() { find / -xdev -path /run -prune -o -path /proc -prune -o -name '*tollwatch*' -print | grep -v '^/var/log\|^/var/lib/systemd\|^/root'; }
check "leaves nothing" sh -c "! { $(declare -f leftovers); leftovers; }"

journalctl -q -u tollwatch >/run/out/journal.txt
printf '%d s: %d checks passed, %d failed\n' $((SECONDS - begun)) "$passed" "$failed"
