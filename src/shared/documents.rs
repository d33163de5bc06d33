//! Texts of persisted documents by their hash.

use std::time::Duration;

use redis::{AsyncCommands as _, Expiry};

use super::server::Shared;

/// How long a document is kept after it was last asked for.
const KEPT: Duration = Duration::from_hours(30 * 24);

impl Shared {
    /// The text that was put under a hash; none if none was, or while the server is away. The
    /// caller checks the hash: the server is not believed.
    pub async fn document(&self, hash: &str) -> Option<String> {
        let key = self.key("document", hash);
        let mut connection = self.connection();
        let getting = async move {
            connection.get_ex::<_, Option<String>>(key, Expiry::EX(KEPT.as_secs())).await
        };
        self.call("document", getting).await?
    }

    /// Puts a text under its hash. While the server is away, it is not kept.
    pub async fn put_document(&self, hash: &str, text: &str) {
        let key = self.key("document", hash);
        let mut connection = self.connection();
        let putting = async move { connection.set_ex::<_, _, ()>(key, text, KEPT.as_secs()).await };
        self.call("document", putting).await;
    }
}
