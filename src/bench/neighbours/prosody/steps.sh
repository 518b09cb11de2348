origin="Debian package"
asked="labels"
secret=prosody_password
version() { within dpkg-query -W -f '${Version}' prosody; }
ctl() { within prosodyctl --config /var/lib/prosody/trial.cfg.lua "$@"; }
ready() { ctl shell user list localhost && table prosody; }
put() { ctl shell user create heron@localhost trial-heron; }
shown() { ctl shell user list localhost | grep -c heron; }
destroy() { ctl shell user delete heron@localhost; }
