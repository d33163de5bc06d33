//! The answer that a caller would have had from the issuer, made of what is known of a payment.

use super::wire::{self, Destination, Envelope, Funded, Source, Swapped, Withdrawn};
use crate::domain::money::{Currency, Minor};
use crate::domain::payment::{Answer, Order, PaymentKind};
use crate::domain::time::Timestamp;
use crate::error::Result;

/// What is known of a payment that the issuer has made.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Made<'a> {
    /// The issuer's identifier.
    pub(super) id: Option<&'a str>,
    /// The issuer's status; that of a new payment where it is not known.
    pub(super) status: Option<&'a str>,
    /// What the master wallet has paid, or the card; the ordered amount where it is not known.
    pub(super) amount: Option<Minor>,
    /// What arrives.
    pub(super) output: Option<Minor>,
    /// The currency of what arrives.
    pub(super) output_currency: Option<Currency>,
    /// When a withdrawal arrives.
    pub(super) settles_at: Option<Timestamp>,
}

/// The answer to an order. What is not known is null in it.
///
/// # Errors
/// Never, as amounts are numbers.
pub(super) fn of(order: &Order, made: Made<'_>) -> Result<Answer> {
    let Made { id, status, .. } = made;
    let amount = wire::number(made.amount.unwrap_or(order.amount))?;
    let body = match order.kind {
        PaymentKind::Funding => wire::text(&Envelope {
            success: true,
            message: Some("Transfer started"),
            data: Funded {
                transfer_id: id,
                status: status.unwrap_or("pending"),
                source: Source { chain: order.source_chain.map(Into::into), amount },
                destination: Destination { token: made.output_currency.map(Into::into) },
                pricing_mode: order.pricing_mode.map(Into::into),
                // Six decimals, of which an amount has two.
                estimated_amount: made
                    .output
                    .map(|output| format!("{}0000", output.decimal(Currency::DECIMALS).as_str())),
                estimated_time: None,
            },
        }),
        PaymentKind::Withdrawal => wire::text(&Envelope {
            success: true,
            message: None,
            data: Withdrawn {
                withdrawal_id: id,
                yativo_card_id: order.payee.as_ref().map(|of| of.yativo_card_id.as_str()),
                amount,
                amount_minor: order.amount.get(),
                currency: order.currency.into(),
                status: status.unwrap_or("initiated"),
                message: "Withdrawal initiated",
                estimated_settlement_at: made.settles_at.map(|at| at.to_string()),
            },
        }),
        PaymentKind::Swap => wire::text(&Envelope {
            success: true,
            message: None,
            data: Swapped {
                swap_id: id,
                status: status.unwrap_or("submitted"),
                from_token: order.currency.into(),
                to_token: order.to_currency.map(Into::into),
                amount,
                expected_output: made.output.map(wire::number).transpose()?,
                fee_amount: None,
                estimated_time: None,
            },
        }),
    }?;
    Ok(Answer { status: 200, body })
}
