origin="Debian package"
asked="labels"
secret=mediawiki_password
version() { within dpkg-query -W -f '${Version}' mediawiki | cut -d : -f 2; }
ready() { within curl -sfL http://localhost/index.php | grep -c mediawiki; }
put() { echo "A grey heron." | within php /var/lib/mediawiki/maintenance/run.php edit -u Admin -s trial Heron; }
shown() { within curl -sf "http://localhost/index.php?title=Heron&action=raw" | grep -c grey; }
destroy() { echo Heron | within php /var/lib/mediawiki/maintenance/run.php deleteBatch -u Admin; }
