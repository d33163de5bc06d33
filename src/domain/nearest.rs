//! The word that a mistyped one was probably meant to be.

/// The known word that is nearest to `word`, if one is near.
pub fn nearest<'a>(word: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    // One typing error for each three letters, and one more.
    let most = word.chars().count() / 3 + 1;
    known
        .map(|known| (strsim::damerau_levenshtein(word, known), known))
        .filter(|(distance, known)| *distance <= most && *distance < known.chars().count())
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, known)| known)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_near_word_is_found_and_a_far_one_is_not() {
        let known = ["acme", "globex", "a"];
        for (word, found) in [
            ("amce", Some("acme")),
            ("acm", Some("acme")),
            ("globxe", Some("globex")),
            ("initech", None),
            ("x", None),
        ] {
            assert_eq!(nearest(word, known.into_iter()), found, "{word}");
        }
    }
}
