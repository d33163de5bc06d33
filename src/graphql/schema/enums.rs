//! The contract's fixed texts as GraphQL enums.

use async_graphql::Enum;

use crate::domain;

/// Declares a GraphQL enum with the values of one of the domain's.
macro_rules! mirror {
    (
        $(#[$meta:meta])*
        $name:ident($graphql:literal) mirrors $remote:ty {
            $( $(#[$variant_meta:meta])* $variant:ident, )+
        }
    ) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
        #[graphql(name = $graphql)]
        pub(crate) enum $name { $( $(#[$variant_meta])* $variant, )+ }

        impl From<$remote> for $name {
            fn from(value: $remote) -> Self {
                match value { $( <$remote>::$variant => Self::$variant, )+ }
            }
        }

        impl From<$name> for $remote {
            fn from(value: $name) -> Self {
                match value { $( $name::$variant => Self::$variant, )+ }
            }
        }
    };
}

mirror! {
    /// How far a card customer has come between sign-up and spending.
    CardCustomerStatus("CardCustomerStatus") mirrors domain::onboarding::FlowStatus {
        /// Step 1: the one-time password was sent.
        OtpRequested,
        /// Step 2: the e-mail address is proven.
        OtpVerified,
        /// Step 3: the identity check has begun.
        KycInitiated,
        /// Step 4: the identity check is done.
        KycCompleted,
        /// Step 5: the account wallet is being deployed.
        SafeDeploying,
        /// Step 6: a card exists.
        CardCreated,
        /// Step 6: the customer spends.
        Active,
    }
}

mirror! {
    /// The state of a customer's identity check.
    KycStatus("KycStatus") mirrors domain::onboarding::KycStatus {
        /// Not begun.
        Pending,
        /// The customer is at it.
        InProgress,
        /// A person must look at it.
        PendingReview,
        /// Passed.
        Approved,
        /// Failed.
        Rejected,
        /// Passed once, too long ago.
        Expired,
    }
}

mirror! {
    /// The currency of a customer's wallet (ISO 4217); each has two decimals.
    Currency("Currency") mirrors domain::money::Currency {
        /// US dollar.
        Usd,
        /// Euro.
        Eur,
        /// Pound sterling.
        Gbp,
    }
}

mirror! {
    /// Where a balance comes from.
    BalanceFreshness("BalanceFreshness") mirrors domain::balance::Freshness {
        /// Live card notifications: ledger = available + pending.
        Realtime,
        /// The blockchain, which knows nothing of pending authorizations: available = ledger, pending is null.
        OnChain,
    }
}

mirror! {
    /// What a card is made of.
    CardType("CardType") mirrors domain::card::CardType {
        /// Lives in a phone.
        Virtual,
        /// Plastic.
        Physical,
    }
}

mirror! {
    /// What a card can do now.
    CardStatus("CardStatus") mirrors domain::card::CardStatus {
        /// Works.
        Active,
        /// Stopped by the customer for a while.
        Frozen,
        /// Stopped by the issuer.
        Blocked,
        /// Reported lost.
        Lost,
        /// Gone for good; a stolen card is voided too.
        Voided,
    }
}

mirror! {
    /// What kind of card transaction it is.
    TransactionType("TransactionType") mirrors domain::transaction::TransactionType {
        /// Something was bought.
        Purchase,
        /// Something was given back.
        Refund,
        /// Cash was taken out.
        Withdrawal,
    }
}

mirror! {
    /// How far a card transaction has come.
    TransactionStatus("TransactionStatus") mirrors domain::transaction::TransactionStatus {
        /// Money is held.
        Authorized,
        /// Money has moved.
        Settled,
        /// Refused.
        Declined,
        /// The hold was let go.
        Reversed,
        /// A part of the hold was let go.
        PartiallyReversed,
        /// Something went wrong.
        Failed,
        /// The hold ran out.
        Expired,
    }
}

/// The order of a list of card customers; ties are broken by `id`, in the same direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub(crate) enum CardCustomerOrder {
    /// Newest first.
    CreatedAtDesc,
    /// Oldest first.
    CreatedAtAsc,
}

impl From<CardCustomerOrder> for domain::page::Order {
    fn from(order: CardCustomerOrder) -> Self {
        match order {
            CardCustomerOrder::CreatedAtDesc => Self::NewestFirst,
            CardCustomerOrder::CreatedAtAsc => Self::OldestFirst,
        }
    }
}
