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
    /// An onboarding stage, from sign-up to spending.
    CardCustomerStatus("CardCustomerStatus") mirrors domain::onboarding::FlowStatus {
        /// Step 1: the one-time password was sent.
        OtpRequested,
        /// Step 2: the e-mail address is verified.
        OtpVerified,
        /// Step 3: the identity check has started.
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
    /// The status of a customer's identity check.
    KycStatus("KycStatus") mirrors domain::onboarding::KycStatus {
        /// Not started.
        Pending,
        /// In progress.
        InProgress,
        /// Waiting for a manual review.
        PendingReview,
        /// Passed.
        Approved,
        /// Failed.
        Rejected,
        /// Passed, but no longer valid.
        Expired,
    }
}

mirror! {
    /// The currency of a customer's wallet (ISO 4217). All have two decimals.
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
    /// The source of a balance.
    BalanceFreshness("BalanceFreshness") mirrors domain::balance::Freshness {
        /// From live webhook events: ledger = available + pending.
        Realtime,
        /// From the blockchain, which has no pending authorizations: available = ledger, pending is null.
        OnChain,
    }
}

mirror! {
    /// Whether a card is virtual or physical.
    CardType("CardType") mirrors domain::card::CardType {
        /// A virtual card.
        Virtual,
        /// A physical card.
        Physical,
    }
}

mirror! {
    /// The status of a card.
    CardStatus("CardStatus") mirrors domain::card::CardStatus {
        /// Can be used.
        Active,
        /// Frozen by the customer.
        Frozen,
        /// Blocked by the issuer.
        Blocked,
        /// Reported lost.
        Lost,
        /// Closed permanently. A stolen card is voided, too.
        Voided,
    }
}

mirror! {
    /// The type of a card transaction.
    TransactionType("TransactionType") mirrors domain::transaction::TransactionType {
        /// A purchase.
        Purchase,
        /// A refund.
        Refund,
        /// A cash withdrawal.
        Withdrawal,
    }
}

mirror! {
    /// The status of a card transaction.
    TransactionStatus("TransactionStatus") mirrors domain::transaction::TransactionStatus {
        /// The amount is held.
        Authorized,
        /// The amount was transferred.
        Settled,
        /// Declined.
        Declined,
        /// The hold was released.
        Reversed,
        /// Part of the hold was released.
        PartiallyReversed,
        /// The transaction failed.
        Failed,
        /// The hold expired.
        Expired,
    }
}

mirror! {
    /// Whether the issuer has accepted a payment.
    CardFundingStatus("CardFundingStatus") mirrors domain::payment::PaymentState {
        /// Not sent to the issuer yet.
        Pending,
        /// Sent; the issuer's answer is awaited.
        Sent,
        /// The issuer has accepted it.
        Succeeded,
        /// The issuer has refused it: no money has moved.
        Refused,
        /// The issuer's answer was lost: the payment may have been made. It is not sent again, and becomes `SUCCEEDED` or `NEVER_SENT` once it is known what has become of it.
        Unknown,
        /// The issuer has certainly not made it: no money has moved.
        NeverSent,
    }
}

mirror! {
    /// The blockchain over which the master wallet pays.
    SourceChain("SourceChain") mirrors domain::payment::SourceChain {
        /// Solana.
        Sol,
        /// The XDC network.
        Xdc,
    }
}

mirror! {
    /// Which amount of a funding is exact.
    PricingMode("PricingMode") mirrors domain::payment::PricingMode {
        /// The master wallet is debited exactly the amount.
        SendX,
        /// The customer is credited exactly the amount.
        ReceiveX,
    }
}

/// Whether a customer receives or returns money.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub(crate) enum CardFundingType {
    /// From the master wallet to the customer.
    Funding,
    /// From the customer's card to the master wallet.
    Withdrawal,
}

mirror! {
    /// A step of onboarding.
    OnboardingStep("OnboardingStep") mirrors domain::onboarding_steps::OnboardingStep {
        /// The e-mail address is verified.
        EmailVerification,
        /// The identity check is passed.
        IdentityCheck,
        /// The questions about the source of funds are answered.
        SourceOfFunds,
        /// The account wallet exists.
        Wallet,
        /// There is a card.
        Card,
    }
}

mirror! {
    /// What a change is about. A change that is about several things has the first kind of `CREATED`, `GONE`, `TRANSACTION`, `CARD`, `BALANCE` and `UPDATED` that fits: read all of the customer that you show.
    CardCustomerChangeKind("CardCustomerChangeKind") mirrors domain::change::ChangeKind {
        /// The customer is new, or is there again after having been gone.
        Created,
        /// Anything that no other kind names, such as the e-mail address or the onboarding status. Changes that were made before kinds were kept have this one, too.
        Updated,
        /// What the wallet holds.
        Balance,
        /// The cards.
        Card,
        /// A card transaction, perhaps with the balance.
        Transaction,
        /// The customer is gone at the issuer.
        Gone,
    }
}

/// The order of a list of card customers. Ties are broken by `id`, in the same direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub(crate) enum CardCustomerOrder {
    /// Newest first.
    CreatedAtDesc,
    /// Oldest first.
    CreatedAtAsc,
    /// By `updatedAt`, latest first.
    UpdatedAtDesc,
    /// By `updatedAt`, earliest first. A client that goes on after the last cursor reads each change.
    UpdatedAtAsc,
    /// By e-mail address in lower case, in the order of Unicode's code points.
    EmailAsc,
}

impl From<CardCustomerOrder> for domain::page::Order {
    fn from(order: CardCustomerOrder) -> Self {
        match order {
            CardCustomerOrder::CreatedAtDesc => Self::NewestFirst,
            CardCustomerOrder::CreatedAtAsc => Self::OldestFirst,
            CardCustomerOrder::UpdatedAtDesc => Self::LatestChangeFirst,
            CardCustomerOrder::UpdatedAtAsc => Self::EarliestChangeFirst,
            CardCustomerOrder::EmailAsc => Self::ByEmail,
        }
    }
}
