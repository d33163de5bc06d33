//! JSON-RPC over HTTP, as far as the gateway uses it, faults and all.

use std::sync::Arc;

use alloy_primitives::{Address, B256, Bytes, U64};
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse as _, Redirect, Response};
use axum::routing::post;
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::chain::{Block, Chain, Refusal};
use crate::{CHAIN_ID, Fault, Shared};

/// What a call may use, as nodes usually have it.
const GAS: u64 = 50_000_000;
/// How much earlier a block was made that is called stale.
const AN_HOUR: u64 = 3_600;
/// JSON-RPC's codes.
const NO_METHOD: i64 = -32_601;
const BAD_PARAMS: i64 = -32_602;
const REFUSED: i64 = -32_000;

#[derive(Deserialize)]
struct Request {
    id: Value,
    method: String,
    #[serde(default)]
    params: Vec<Value>,
}

#[derive(Deserialize)]
struct Call {
    to: Address,
    #[serde(default, alias = "input")]
    data: Bytes,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum At {
    Hash {
        #[serde(rename = "blockHash")]
        hash: B256,
    },
    Number(U64),
    Tag(Tag),
}

/// The newest block is final here.
#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Tag {
    Latest,
    Safe,
    Finalized,
    Pending,
}

type Answer = Result<Value, (i64, String)>;

pub(crate) fn routes(shared: Arc<Shared>) -> Router {
    Router::new().route("/", post(answer)).with_state(shared)
}

async fn answer(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    Json(request): Json<Request>,
) -> Response {
    shared.calls().push(request.method.clone());
    let trace = headers.get("traceparent").and_then(|trace| trace.to_str().ok());
    shared.traces().extend(trace.map(str::to_owned));
    let fault = shared.fault().clone();
    if let Some(Fault::Delay(delay)) = fault {
        tokio::time::sleep(delay).await;
    }
    match &fault {
        Some(Fault::Status(status, after)) => {
            let status = StatusCode::from_u16(*status).unwrap_or(StatusCode::BAD_GATEWAY);
            let mut answer = (status, "no").into_response();
            if let Some(after) = after {
                answer.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(*after));
            }
            return answer;
        }
        Some(Fault::Html) => return Html("<p>Please try again later</p>").into_response(),
        Some(Fault::TooLong) => return "9".repeat(2 << 20).into_response(),
        Some(Fault::Redirect(to)) => return Redirect::temporary(to).into_response(),
        _ => {}
    }
    let found = run(&mut shared.chain(), &request, fault.as_ref());
    let id = if fault == Some(Fault::OtherId) { json!(-1) } else { request.id };
    let body = match found {
        Ok(result) => json!({ "jsonrpc": "2.0", "id": id, "result": result }),
        Err((code, message)) => {
            json!({ "jsonrpc": "2.0", "id": id, "error": { "code": code, "message": message } })
        }
    };
    let mut text = body.to_string();
    if fault == Some(Fault::CutJson) {
        text.truncate(text.len() / 2);
    }
    ([(header::CONTENT_TYPE, "application/json")], text).into_response()
}

fn run(chain: &mut Chain, request: &Request, fault: Option<&Fault>) -> Answer {
    let bad = |what: &str| (BAD_PARAMS, format!("{what} is missing or wrong"));
    let param = |at: usize| request.params.get(at).cloned().unwrap_or(Value::Null);
    match request.method.as_str() {
        "eth_chainId" => {
            let id = if let Some(Fault::WrongChain(id)) = fault { *id } else { CHAIN_ID };
            Ok(json!(U64::from(id)))
        }
        "eth_blockNumber" => Ok(json!(U64::from(block(chain, json!("latest"), fault)?.number))),
        "eth_getBlockByNumber" => {
            let block = block(chain, param(0), fault)?;
            Ok(json!({
                "number": U64::from(block.number), "hash": block.hash, "parentHash": block.parent,
                "timestamp": U64::from(block.seconds), "transactions": [],
            }))
        }
        "eth_getCode" => {
            let address = serde_json::from_value(param(0)).map_err(|_| bad("the address"))?;
            Ok(json!(block(chain, param(1), fault)?.code(address)))
        }
        "eth_call" => {
            let call: Call = serde_json::from_value(param(0)).map_err(|_| bad("the call"))?;
            if let Some(Fault::Moving { token, from, to, amount }) = fault {
                chain.transfer(*token, *from, *to, *amount);
                chain.mine();
            }
            let block = block(chain, param(1), fault)?;
            let gas = if let Some(Fault::GasCap(cap)) = fault { *cap } else { GAS };
            match block.call(call.to, call.data, gas) {
                Ok(data) => Ok(json!(data)),
                Err(Refusal::Reverted) => Err((3, "execution reverted".to_owned())),
                Err(Refusal::OutOfGas) => Err((REFUSED, "out of gas".to_owned())),
            }
        }
        other => Err((NO_METHOD, format!("the method {other} does not exist"))),
    }
}

/// The block that a parameter names.
fn block(chain: &mut Chain, at: Value, fault: Option<&Fault>) -> Result<Block, (i64, String)> {
    let unknown = || (REFUSED, "header not found".to_owned());
    let at = if at.is_null() { json!("latest") } else { at };
    let block = match serde_json::from_value(at) {
        Ok(At::Hash { .. }) if fault == Some(&Fault::UnknownBlock) => return Err(unknown()),
        Ok(At::Hash { hash }) => chain.by_hash(hash).ok_or_else(unknown)?,
        Ok(At::Number(number)) => chain.by_number(number.to()).ok_or_else(unknown)?,
        Ok(At::Tag(Tag::Latest | Tag::Safe | Tag::Finalized | Tag::Pending)) => chain.head(),
        Err(_) => return Err((BAD_PARAMS, "the block is wrong".to_owned())),
    };
    if fault == Some(&Fault::StaleHead) {
        return Ok(block.earlier(AN_HOUR));
    }
    Ok(block.clone())
}
