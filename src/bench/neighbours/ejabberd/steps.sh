origin="Debian package"
asked="labels"
secret=ejabberd_password
version() { within dpkg-query -W -f '${Version}' ejabberd; }
ready() { within ejabberdctl status && table users; }
put() { within ejabberdctl register heron localhost trial-heron; }
shown() { within ejabberdctl registered_users localhost | grep -c heron; }
destroy() { within ejabberdctl unregister heron localhost; }
