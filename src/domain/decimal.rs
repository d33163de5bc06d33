//! Exact decimal numbers. No float ever holds one.

/// The longest text of a number that is read.
const LONGEST: usize = 64;

/// A decimal number with so many decimals, as an integer of its last one: `38.5`
/// with two decimals is 3850. None if it is no number, has more decimals than
/// that (zeros apart), or is too large.
pub(super) fn scaled(text: &str, decimals: u32) -> Option<i64> {
    if text.len() > LONGEST {
        return None;
    }
    let (negative, number) = match text.strip_prefix('-') {
        Some(number) => (true, number),
        None => (false, text),
    };
    let (number, exponent) = match number.split_once(['e', 'E']) {
        Some((number, exponent)) => (number, exponent.parse::<i32>().ok()?),
        None => (number, 0),
    };
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let sound = !whole.is_empty() && (!fraction.is_empty() || !number.contains('.'));
    if !sound || !digits(whole) || !digits(fraction) {
        return None;
    }
    let all = format!("{whole}{fraction}");
    let significant = all.trim_end_matches('0');
    if significant.is_empty() {
        return Some(0);
    }
    // How many zeros belong behind the significant digits.
    let zeros = i64::try_from(all.len() - significant.len()).ok()?
        - i64::try_from(fraction.len()).ok()?
        + i64::from(exponent)
        + i64::from(decimals);
    let power = 10_i64.checked_pow(u32::try_from(zeros).ok()?)?;
    let amount = significant.parse::<i64>().ok()?.checked_mul(power)?;
    Some(if negative { -amount } else { amount })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_exactly_or_not_at_all() {
        for (text, decimals, found) in [
            ("120.4", 2, Some(12_040)),
            ("120.40", 2, Some(12_040)),
            ("120.400000", 2, Some(12_040)),
            ("120", 2, Some(12_000)),
            ("-0.05", 2, Some(-5)),
            ("0", 2, Some(0)),
            ("-0.00", 2, Some(0)),
            ("007.5", 2, Some(750)),
            ("1e2", 2, Some(10_000)),
            ("1.5E+1", 2, Some(1_500)),
            ("12040e-2", 2, Some(12_040)),
            ("0e999999999", 2, Some(0)),
            ("12040", 0, Some(12_040)),
            ("12040.0", 0, Some(12_040)),
            ("90071992547409.91", 2, Some(9_007_199_254_740_991)),
            (" 1 ", 2, None),
            ("100e-2", 2, Some(100)),
            ("0.1e-1", 2, Some(1)),
            ("12.340", 3, Some(12_340)),
            ("1e300", 2, None),
            ("120.405", 2, None),
            ("1e-3", 2, None),
            ("1e999999999", 2, None),
            ("1e99999999999", 2, None),
            ("99999999999999999999", 2, None),
            ("1.5", 0, None),
            ("", 2, None),
            ("-", 2, None),
            (".5", 2, None),
            ("5.", 2, None),
            ("+1", 2, None),
            ("1,5", 2, None),
            ("1.2.3", 2, None),
            ("0x10", 2, None),
            ("NaN", 2, None),
            ("\u{661}", 2, None),
        ] {
            assert_eq!(scaled(text, decimals), found, "{text}");
        }
    }
}
