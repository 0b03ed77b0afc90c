//! Why a connection was lost.

use tokio::sync::watch;

/// The reason why a connection was lost, once it is.
#[derive(Debug, Clone)]
pub(super) struct Lost(watch::Receiver<Option<String>>);

impl Lost {
    /// Returns where the connection stores the reason, and where others read it.
    pub(super) fn of_new_connection() -> (watch::Sender<Option<String>>, Self) {
        let (sender, receiver) = watch::channel(None);
        (sender, Self(receiver))
    }

    /// Waits for the end of the connection, which is near when anything on it fails, and returns
    /// the reason.
    pub(super) async fn reason(&self) -> String {
        let mut receiver = self.0.clone();
        let told = receiver.wait_for(Option::is_some).await;
        told.ok()
            .and_then(|reason| reason.clone())
            .unwrap_or_else(|| "the host closed the connection".to_owned())
    }
}
