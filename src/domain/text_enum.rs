//! Enums whose values have a fixed text: the contract's, the database's.

/// Declares an enum together with `ALL`, `as_str` and `parse`.
macro_rules! text_enum {
    (
        $(#[$meta:meta])*
        $name:ident { $( $(#[$variant_meta:meta])* $variant:ident = $text:literal, )+ }
    ) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum $name { $( $(#[$variant_meta])* $variant, )+ }

        impl $name {
            /// Every value, in the contract's order.
            pub const ALL: &'static [Self] = &[ $( Self::$variant, )+ ];

            /// The value's text in the contract and in the database.
            pub const fn as_str(self) -> &'static str {
                match self { $( Self::$variant => $text, )+ }
            }

            /// The value of a text, to the letter.
            pub fn parse(text: &str) -> Option<Self> {
                match text { $( $text => Some(Self::$variant), )+ _ => None }
            }
        }
    };
}

pub(crate) use text_enum;
