//! The steps by which a person becomes a customer with a card.

use serde::Deserialize;

use super::route::{Answer, program_approved};
use super::shapes::masked;
use crate::issuer::json::{Json, object};
use crate::issuer::refusal::Refusal;
use crate::issuer::reply::Reply;
use crate::issuer::request::Request;
use crate::issuer::state::{Card, Customer, Program};
use crate::issuer::time::DAY;

/// The customer whom the path names.
fn named(program: &Program, request: &Request) -> Result<u32, Refusal> {
    program_approved(program)?;
    program.by_yativo_card_id(request.param(0))
}

/// `POST /v1/yativo-card/customers/onboard`
pub(super) fn onboard(program: &mut Program, request: &Request) -> Answer {
    program_approved(program)?;
    let missing = || Refusal::new(400, "INVALID_EMAIL", "email is required");
    let email = request.text("email").ok_or_else(missing)?;
    let external = request.text("external_customer_id").or_else(|| request.text("customer_id"));
    let name = program.onboard(&email, external.as_deref())?;
    let customer = program.get(program.require(&name)?);
    Ok(Reply::created(object! {
        "yativo_card_id": &customer.yativo_card_id,
        "customer_id": &customer.id,
        "external_customer_id": customer.external_id.as_deref(),
        "email_masked": masked(&customer.email),
        "next_step": "verify_otp",
        "otp_expires_in_seconds": 600_i64,
    })
    .saying("OTP sent"))
}

/// `POST …/{id}/verify-otp`
pub(super) fn verify_otp(program: &mut Program, request: &Request) -> Answer {
    let index = named(program, request)?;
    let code = request.required("otp")?;
    program.verify_otp(index, &code, &request.otp)?;
    Ok(Reply::ok(object! {
        "yativo_card_id": request.param(0),
        "flow_status": &*program.get(index).stage.word,
        "next_step": "kyc_link",
    }))
}

/// `POST …/{id}/resend-otp`
pub(super) fn resend_otp(program: &mut Program, request: &Request) -> Answer {
    let index = named(program, request)?;
    program.resend_otp(index);
    Ok(Reply::ok(object! {
        "yativo_card_id": request.param(0),
        "email_masked": masked(&program.get(index).email),
        "next_step": "verify_otp",
        "otp_expires_in_seconds": 600_i64,
    })
    .saying("OTP sent"))
}

/// `POST …/{id}/resume`
pub(super) fn resume(program: &mut Program, request: &Request) -> Answer {
    let index = named(program, request)?;
    let next = program.next_step(index);
    let action = if matches!(&next, Json::Text(step) if step == "verify_otp") {
        program.resend_otp(index);
        "otp_resent"
    } else {
        "none"
    };
    let customer = program.get(index);
    Ok(Reply::ok(object! {
        "yativo_card_id": &customer.yativo_card_id,
        "flow_status": &*customer.stage.word,
        "next_step": next,
        "action_taken": action,
        "days_since_created": program.now.since(customer.created_at) / DAY,
    }))
}

/// The five steps, and which of them are done.
fn steps(customer: &Customer) -> [(&'static str, bool); 5] {
    [
        ("otp_verification", customer.stage.step >= 2),
        ("kyc", customer.kyc_status == "approved"),
        ("source_of_funds", customer.onboarding.source_of_funds_at.is_some()),
        ("wallet_deployment", customer.wallet.is_some()),
        ("card", !customer.cards.is_empty()),
    ]
}

/// `GET …/{id}/progress`
pub(super) fn progress(program: &mut Program, request: &Request) -> Answer {
    let index = named(program, request)?;
    let customer = program.get(index);
    let steps = steps(customer);
    let done = steps.iter().filter(|(_, done)| *done).count();
    let step = |(at, (name, done)): (usize, &(&'static str, bool))| {
        object! { "step": at + 1, "name": *name, "completed": *done }
    };
    Ok(Reply::ok(object! {
        "yativo_card_id": &customer.yativo_card_id,
        "flow_status": &*customer.stage.word,
        "current_step": u32::from(customer.stage.step),
        "progress_percentage": done * 20,
        "steps": steps.iter().enumerate().map(step).collect::<Vec<_>>(),
        "kyc_status": &customer.kyc_status,
        "card_status": customer.cards.first().map(Card::status),
    }))
}

/// `GET …/{id}/kyc-link`
pub(super) fn kyc_link(program: &mut Program, request: &Request) -> Answer {
    let index = named(program, request)?;
    let links = program.begin_kyc(index, request.query("refresh") == Some("true"))?;
    let name = request.param(0);
    Ok(Reply::ok(object! {
        "yativo_card_id": name,
        "kyc_url": format!("{}/hosted/kyc/{name}?token=kyc_{links}", request.origin),
        "next_step": "kyc_status",
        "instructions": "Open the link and follow the steps on the page",
    }))
}

/// `GET …/{id}/kyc-status`
pub(super) fn kyc_status(program: &mut Program, request: &Request) -> Answer {
    let index = named(program, request)?;
    let next = program.next_step(index);
    let customer = program.get(index);
    let approved = customer.kyc_status == "approved";
    Ok(Reply::ok(object! {
        "yativo_card_id": &customer.yativo_card_id,
        "kyc_status": &customer.kyc_status,
        "verification_level": approved.then_some("basic"),
        "flow_status": &*customer.stage.word,
        "terms_accepted": customer.onboarding.terms_accepted_at.is_some(),
        "next_step": next,
        "rejection_reason": customer.rejection_reason.as_deref(),
    }))
}

/// `POST /v1/yativo-card/{yativoCardId}/terms`
pub(super) fn terms(program: &mut Program, request: &Request) -> Answer {
    let index = named(program, request)?;
    let at = program.accept_terms(index);
    Ok(Reply::status_success(object! {
        "terms_accepted": true, "accepted_at": at, "terms_version": "2026-01",
    }))
}

/// `POST …/{id}/safe/deploy`
pub(super) fn deploy(program: &mut Program, request: &Request) -> Answer {
    let index = named(program, request)?;
    let already = program.begin_deployment(index)?;
    Ok(Reply::ok(object! {
        "yativo_card_id": request.param(0),
        "already_deployed": already,
        "safe_deployed": already,
        "flow_status": &*program.get(index).stage.word,
        "next_step": if already { "create_virtual_card" } else { "none" },
    }))
}

/// A question with its label and the answers to choose from.
const QUESTIONS: [(&str, &str, [&str; 3]); 2] = [
    ("occupation", "What is your occupation?", ["employed", "self_employed", "student"]),
    ("expected_monthly_volume", "How much will you spend a month?", ["0-500", "500-2000", "2000+"]),
];

/// `GET …/{id}/source-of-funds`
pub(super) fn questions(program: &mut Program, request: &Request) -> Answer {
    let index = named(program, request)?;
    let done = program.get(index).onboarding.source_of_funds_at.is_some();
    let question = |(name, label, options): (&str, &str, [&str; 3])| {
        object! { "question": name, "label": label, "options": options.to_vec() }
    };
    Ok(Reply::ok(object! {
        "yativo_card_id": request.param(0),
        "status": if done { "completed" } else { "pending" },
        "questions": QUESTIONS.into_iter().map(question).collect::<Vec<_>>(),
        "next_step": if done { "create_virtual_card" } else { "submit_source_of_funds" },
    }))
}

#[derive(Deserialize)]
struct Given {
    question: String,
    answer: String,
}

/// `POST …/{id}/source-of-funds`
pub(super) fn answers(program: &mut Program, request: &Request) -> Answer {
    let index = named(program, request)?;
    let wrong = || Refusal::invalid("answers must be a list of question and answer");
    let answers: Vec<Given> = request.read("answers").ok_or_else(wrong)?;
    for (name, _, options) in QUESTIONS {
        let fits =
            |given: &Given| given.question == name && options.contains(&given.answer.as_str());
        if !answers.iter().any(fits) {
            return Err(Refusal::invalid(format!("{name} must be one of {}", options.join(", "))));
        }
    }
    let at = program.answer_source_of_funds(index);
    Ok(Reply::ok(object! {
        "yativo_card_id": request.param(0),
        "status": "completed",
        "submitted_at": at,
        "next_step": "create_virtual_card",
    }))
}

/// `POST …/{id}/phone/request-verification`
pub(super) fn request_phone(program: &mut Program, request: &Request) -> Answer {
    let index = named(program, request)?;
    let number = request.required("phoneNumber")?;
    let digits = number.strip_prefix('+').unwrap_or_default();
    if !(7..=15).contains(&digits.len()) || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(Refusal::invalid("phoneNumber must be in E.164 format"));
    }
    let at = program.now;
    program.get_mut(index).onboarding.phone = Some(number.clone());
    Ok(Reply::ok(object! {
        "phone_number": masked_phone(&number),
        "otp_requested_at": at,
        "next_step": "verify_phone",
    }))
}

/// The last two digits and no more.
fn masked_phone(number: &str) -> String {
    let last: String = number.chars().skip(number.chars().count().saturating_sub(2)).collect();
    format!("+*******{last}")
}

/// `POST …/{id}/phone/verify`
pub(super) fn verify_phone(program: &mut Program, request: &Request) -> Answer {
    let index = named(program, request)?;
    let code = request.required("code")?;
    let state = &mut program.get_mut(index).onboarding;
    let missing = || Refusal::invalid("request a verification first");
    let number = state.phone.clone().ok_or_else(missing)?;
    if code != request.otp {
        return Err(Refusal::new(400, "OTP_INVALID_OR_EXPIRED", "The code is wrong"));
    }
    state.phone_verified = true;
    Ok(Reply::ok(object! {
        "phone_number": masked_phone(&number), "is_verified": true, "next_step": "create_virtual_card",
    }))
}

/// `POST …/{id}/reset`
pub(super) fn reset(program: &mut Program, request: &Request) -> Answer {
    program_approved(program)?;
    let missing = |_| Refusal::not_found("The customer");
    let index = program.by_yativo_card_id(request.param(0)).map_err(missing)?;
    let customer = program.get(index);
    let data = object! {
        "deleted_card_id": &customer.yativo_card_id,
        "email_masked": masked(&customer.email),
        "external_customer_id": customer.external_id.as_deref(),
        "next_step": "onboard",
        "email_warning": "This e-mail address cannot be used again",
    };
    program.reset(request.param(0))?;
    Ok(Reply::ok(data).saying("Customer reset"))
}

/// `GET …/{id}/profile`: named once, its members are not documented.
pub(super) fn profile(program: &mut Program, request: &Request) -> Answer {
    let index = named(program, request)?;
    let customer = program.get(index);
    Ok(Reply::ok(object! {
        "yativo_card_id": &customer.yativo_card_id,
        "email": &customer.email,
        "external_customer_id": customer.external_id.as_deref(),
        "kyc_status": &customer.kyc_status,
        "phone_verified": customer.onboarding.phone_verified,
        "created_at": customer.created_at,
    }))
}
