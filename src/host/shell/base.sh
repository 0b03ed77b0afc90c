# The state of a shell that answers our own requests; `rmq_login` leads back to the user's own.
PATH=$PATH:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
QUOTING_STYLE=literal
export PATH LC_ALL QUOTING_STYLE
umask 077
cd /
