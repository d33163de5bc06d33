//! Which name is accepted where.

use crate::issuer::refusal::Refusal;
use crate::issuer::state::Program;
use crate::issuer::state::names::NameKind::{self, Card, Email, ExternalId, Id, YativoCardId};

impl Program {
    /// The customer with a name of one of these kinds, tried in their order.
    pub(super) fn any(&self, kinds: &[NameKind], name: &str) -> Option<u32> {
        kinds.iter().find_map(|kind| self.names.find(*kind, name))
    }

    /// A path of the issuer's pages: everything but an e-mail address.
    pub(super) fn by_path(&self, name: &str) -> Result<u32, Refusal> {
        self.any(&[YativoCardId, Id, ExternalId], name).ok_or(Refusal::no_customer())
    }

    /// A path of the customers' pages: a `yativo_card_id` and nothing else.
    pub(super) fn by_yativo_card_id(&self, name: &str) -> Result<u32, Refusal> {
        let missing = || Refusal::new(404, "CUSTOMER_NOT_FOUND", "There is no such customer");
        self.any(&[YativoCardId], name).ok_or_else(missing)
    }

    /// A name that a request gives as one of several members or parameters.
    pub(super) fn by_member(&self, member: &str, name: &str) -> Result<u32, Refusal> {
        let kinds: &[NameKind] = match member {
            "id" => &[Id],
            "yativo_card_id" => &[YativoCardId],
            "customer_id" => &[Id, YativoCardId],
            "card_id" => &[Card],
            "external_id" => &[ExternalId],
            "email" => &[Email],
            _ => &[],
        };
        self.any(kinds, name).ok_or(Refusal::no_customer())
    }

    /// All customers that a name fits: e-mail addresses and own names of the
    /// program need not be unique.
    pub(super) fn all_named(&self, name: &str) -> Vec<u32> {
        let fits = |index: &&u32| {
            let customer = self.get(**index);
            customer.id == name
                || customer.yativo_card_id == name
                || customer.external_id.as_deref() == Some(name)
                || customer.email.eq_ignore_ascii_case(name)
        };
        self.order.iter().filter(fits).copied().collect()
    }
}
