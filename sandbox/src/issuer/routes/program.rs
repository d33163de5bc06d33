//! The program itself.

use super::master;
use super::route::{Answer, approved};
use crate::issuer::json::{Json, object};
use crate::issuer::refusal::Refusal;
use crate::issuer::reply::Reply;
use crate::issuer::request::Request;
use crate::issuer::state::{Approval, CardLimits, Program};
use crate::issuer::time::DAY;

/// The most cards that a customer may have.
pub(super) const HARD_CAP: u32 = 5;
/// The longest style of the hosted page, in characters.
const MAX_CSS: usize = 51_200;

/// `GET /v1/card-issuer/eligibility`
pub(super) fn eligibility(program: &mut Program, _: &Request) -> Answer {
    let enrolled = program.spec.approval != Approval::NotApplied;
    Ok(Reply::ok(object! {
        "eligible": true,
        "enrolled": enrolled,
        "status": enrolled.then(|| program.spec.approval.word()),
        "visibility": "public",
        "funding_structure": enrolled.then_some(program.spec.funding_structure),
        "eligible_since": program.applied_at.map(|at| at.plus(-DAY)),
    }))
}

/// `POST /v1/card-issuer/apply`
pub(super) fn apply(program: &mut Program, request: &Request) -> Answer {
    if program.spec.approval != Approval::NotApplied {
        let data = object! {
            "status": program.spec.approval.word(), "applied_at": program.applied_at,
        };
        let refusal = Refusal::new(409, "ALREADY_APPLIED", "The account has applied already");
        return Err(refusal.with(object! { "data": data }));
    }
    let structure = request.required("funding_structure")?;
    program.spec.funding_structure = match structure.as_str() {
        "master_wallet" => "master_wallet",
        "non_master" => "non_master",
        _ => return Err(Refusal::invalid("funding_structure must be master_wallet or non_master")),
    };
    program.preferred_chain = match request.text("preferred_chain").as_deref() {
        None | Some("SOL") => "SOL",
        Some("XDC") => "XDC",
        Some(_) => return Err(Refusal::invalid("preferred_chain must be SOL or XDC")),
    };
    program.iban_enabled = request.read("iban_enabled").unwrap_or(false);
    program.spec.approval = Approval::Pending;
    program.applied_at = Some(program.now);
    program.approved_at = None;
    Ok(Reply::created(object! {
        "id": &program.id,
        "status": "pending",
        "funding_structure": program.spec.funding_structure,
        "preferred_chain": program.preferred_chain,
        "iban_enabled": program.iban_enabled,
    })
    .saying("Application submitted"))
}

/// `GET /v1/card-issuer/status`
pub(super) fn status(program: &mut Program, _: &Request) -> Answer {
    if program.spec.approval == Approval::NotApplied {
        return Ok(Reply::ok(object! { "enrolled": false }));
    }
    let head = object! {
        "enrolled": true,
        "status": program.spec.approval.word(),
        "visibility": "public",
        "funding_structure": program.spec.funding_structure,
        "preferred_chain": program.preferred_chain,
    };
    if program.spec.approval == Approval::Pending {
        return Ok(Reply::ok(head));
    }
    let completed = || program.transfers.iter().filter(|transfer| transfer.status == "completed");
    let cards: usize = program.customers().map(|customer| customer.cards.len()).sum();
    Ok(Reply::ok(head.and(object! {
        "enabled_chains": vec!["SOL", "XDC"],
        "iban_enabled": program.iban_enabled,
        "card_reissue_enabled": false,
        "master_wallets": master::holdings(program),
        "stats": object! {
            "total_cards_issued": cards,
            "total_funded_amount": Json::major(completed().map(|transfer| transfer.source_amount).sum()),
            "total_transfer_fees_paid": Json::major(completed().map(|transfer| transfer.fee).sum()),
        },
        "limits": object! {
            "max_cards": program.spec.max_cards,
            "daily_funding_limit": Json::major(program.spec.daily_funding_limit),
            "monthly_funding_limit": Json::major(program.spec.monthly_funding_limit),
        },
        "approved_at": program.approved_at,
    })))
}

/// `GET /v1/card-issuer/pse-customization`
pub(super) fn customization(program: &mut Program, _: &Request) -> Answer {
    approved(program)?;
    Ok(Reply::ok(object! { "custom_css": &program.custom_css }))
}

/// `PUT /v1/card-issuer/pse-customization`
pub(super) fn customize(program: &mut Program, request: &Request) -> Answer {
    approved(program)?;
    let css: String =
        request.read("custom_css").ok_or_else(|| Refusal::invalid("custom_css is required"))?;
    if css.chars().count() > MAX_CSS {
        return Err(Refusal::invalid("custom_css must have at most 51200 characters"));
    }
    program.custom_css = css;
    customization(program, request)
}

/// Limits of a request's members; those that are absent stay as they are.
/// None if there is no member at all.
pub(super) fn card_limits(
    request: &Request,
    now: CardLimits,
    [max_virtual, max_physical, max_total]: [&str; 3],
) -> Option<CardLimits> {
    let names = [max_virtual, max_physical, max_total];
    if !names.iter().any(|name| request.has(name)) {
        return None;
    }
    // What is no number is too many.
    let read = |name: &str, now: u32| {
        if request.has(name) { request.read(name).unwrap_or(u32::MAX) } else { now }
    };
    Some(CardLimits {
        max_virtual: read(max_virtual, now.max_virtual),
        max_physical: read(max_physical, now.max_physical),
        max_total: read(max_total, now.max_total),
    })
}

/// `PATCH /v1/card-issuer/admin/{programId}/card-limits`
pub(super) fn admin_card_limits(program: &mut Program, request: &Request) -> Answer {
    const NAMES: [&str; 3] =
        ["max_virtual_per_customer", "max_physical_per_customer", "max_total_per_customer"];
    if request.param(0) != program.id {
        return Err(Refusal::not_found("The program"));
    }
    let no_changes = || Refusal::new(400, "NO_CHANGES", "Nothing would change");
    let limits = card_limits(request, program.spec.card_limits, NAMES).ok_or_else(no_changes)?;
    let CardLimits { max_virtual, max_physical, max_total } = limits;
    if [max_virtual, max_physical, max_total].iter().any(|limit| *limit > HARD_CAP) {
        return Err(Refusal::new(400, "INVALID_LIMIT", "Limits are from 0 to 5"));
    }
    program.spec.card_limits = limits;
    Ok(Reply::ok(object! {
        "program_id": &program.id,
        "card_limits": object! {
            "max_virtual_per_customer": max_virtual,
            "max_physical_per_customer": max_physical,
            "max_total_per_customer": max_total,
        },
    }))
}
