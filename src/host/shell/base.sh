# The state of a shell that answers our own requests; `rmq_login` leads back to the user's own.
PATH=$PATH:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
QUOTING_STYLE=literal
export PATH LC_ALL QUOTING_STYLE
# What is made without a mode gets the one that the user's own umask leaves.
rmq_count 1
rmq_umask=$(umask)
umask 077
cd /
