//! How far a subscription has come in the changes of its program, and where it is to go on.

use std::sync::{Arc, Mutex, PoisonError};

use async_graphql::{Context, Result};

use super::request_context::RequestContext;
use super::viewer::Viewer;
use crate::domain::cursor::Position;
use crate::error::{Error, FieldError};
use crate::graphql::error::failure;
use crate::services::changes::Changes;

/// What a client of server-sent events has got last: the value of `Last-Event-ID`.
pub(crate) struct LastEventId(pub(crate) String);

/// The cursor of the change that a message shows. The subscription sets it when it has the
/// change; the transport takes it with the message, which is written before the next change is
/// asked for.
#[derive(Clone, Debug, Default)]
pub(crate) struct StreamPlace(Arc<Mutex<Option<String>>>);

impl StreamPlace {
    /// The cursor for the next message, if there is one.
    pub(crate) fn take(&self) -> Option<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    fn set(&self, cursor: String) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(cursor);
    }
}

/// A subscription's place, for its resolver.
pub(crate) struct PlaceInChanges {
    viewer: Arc<Viewer>,
    place: StreamPlace,
    /// The number of the change after which the client goes on, if it does.
    pub(crate) after: Option<i64>,
}

impl PlaceInChanges {
    /// Of the subscription with this argument. A client that reconnects by itself sends the same
    /// argument again, and what it has got last in a header: that one counts.
    pub(crate) fn of(ctx: &Context<'_>, after: Option<String>) -> Result<Self> {
        let viewer = Arc::clone(&RequestContext::of(ctx)?.viewer);
        let place = ctx.data::<StreamPlace>();
        let place = place.map_err(|missing| failure(Error::internal(missing.message)))?.clone();
        let (name, text) = match ctx.data_opt::<LastEventId>() {
            Some(LastEventId(id)) => ("Last-Event-ID", Some(id.clone())),
            None => ("after", after),
        };
        let list = Changes::list_id(&viewer.principal);
        let after = text.map(|text| Position::from_cursor(&text, list)).transpose();
        let after = after
            .map_err(|what| failure(Error::invalid(vec![FieldError::new(name, what)])))?
            .and_then(|position| position.number());
        Ok(Self { viewer, place, after })
    }

    /// The next message shows the change with this number.
    pub(crate) fn reaches(&self, seq: i64) {
        let list = Changes::list_id(&self.viewer.principal);
        self.place.set(Position::numbered(seq).to_cursor(list));
    }
}
