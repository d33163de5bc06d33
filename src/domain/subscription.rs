//! The issuer's webhook subscription: whether it sends the events of a program.

use strum::{AsRefStr, EnumString, IntoStaticStr, VariantArray};

/// Whether the issuer sends the events of a program.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, AsRefStr, EnumString, IntoStaticStr, VariantArray,
)]
#[strum(serialize_all = "snake_case")]
pub enum SubscriptionState {
    /// It does.
    Enabled,
    /// It has switched the subscription off, after 100 failed deliveries in a row.
    Disabled,
    /// There is no subscription.
    Missing,
}
