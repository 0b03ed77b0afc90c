//! Why a connection was lost.

use tokio::sync::watch;

/// Why a connection was lost, once it was.
#[derive(Debug, Clone)]
pub(super) struct Lost(watch::Receiver<Option<String>>);

impl Lost {
    /// Returns where the connection writes the reason, and where others read it.
    pub(super) fn of_new_connection() -> (watch::Sender<Option<String>>, Self) {
        let (sender, receiver) = watch::channel(None);
        (sender, Self(receiver))
    }

    /// Waits until the connection has ended, which it is about to when anything on it fails, and
    /// returns the reason.
    pub(super) async fn reason(&self) -> String {
        let mut receiver = self.0.clone();
        let told = receiver.wait_for(Option::is_some).await;
        told.ok()
            .and_then(|reason| reason.clone())
            .unwrap_or_else(|| "the host closed the connection".to_owned())
    }
}
