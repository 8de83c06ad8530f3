//! Values that EDN calls equal, values that it does not, and what is no EDN.

use super::{Edn, Forms, PIECE_MAX};

fn one(text: &str) -> Edn {
    Forms::only(text, 1).unwrap_or_else(|trouble| panic!("{text:?}: {}", trouble.why))
}

fn refused(text: &str) -> String {
    match Forms::only(text, 1) {
        Ok(value) => panic!("{text:?} is read as {value}"),
        Err(trouble) => trouble.why,
    }
}

/// Each row is written in other ways, and differs from all other rows.
const EQUAL: &[&[&str]] = &[
    &["nil"],
    &["true"],
    &["false"],
    &["0", "-0", "+0", "0N", "0x0", "00", "0/7", "2r0"],
    &["16", "+16", "16N", "0x10", "0X10N", "020", "2r10000", "36rG", "16R10", "32/2"],
    &["-255", "-0xff", "-0XFF", "-0377", "-36r73", "-510/2"],
    &["340282366920938463463374607431768211456", "0x100000000000000000000000000000000"],
    &["1/3", "2/6", "+05/15"],
    &["-1/3", "-3/9"],
    &["1.0", "1.", "1e0", "+1.000", "10e-1", "0.1E+1"],
    &["0.0", "-0.0", "0e7"],
    &["-1.5e300", "-15.00E299"],
    &["##NaN"],
    &["##Inf", "1e999"],
    &["##-Inf", "-1e999"],
    &["1M", "1.0M", "1.000M", "10e-1M", "100E-2M"],
    &["0M", "-0.00M", "0e99M"],
    &["-12.5M", "-12.50M", "-125e-1M", "-0.125E2M"],
    &["1e400M", "10E399M", "0.01e402M"],
    &["0.00001M", "1e-5M"],
    &["1.00000000000000000001M"],
    &["\\a", "\\u0061", "\\o141"],
    &["\\space", "\\u0020", "\\o40"],
    &["\\newline", "\\u000a", "\\o12"],
    &["\\tab"],
    &["\\return"],
    &["\\formfeed"],
    &["\\backspace"],
    &["\\(", "\\u0028"],
    &["\\\\"],
    &["\\é", "\\u00e9"],
    &["\"a\"", "\"\\u0061\"", "\"\\141\""],
    &["\"caf\\u00e9\"", "\"café\""],
    &["\"\\ud83d\\ude00\"", "\"😀\""],
    &["\"\\t\\r\\n\\b\\f\\\\\\\"\"", "\"\t\r\n\u{8}\u{c}\\u005c\\u0022\""],
    &["\"1\""],
    &["\"nil\""],
    &["\"\""],
    &["a"],
    &[":a"],
    &[":b/a"],
    &["b/a"],
    &["-"],
    &["+a"],
    &["..."],
    &["[]", "()", "[#_1]", "(;nothing\n)"],
    &["[1 2 3]", "(1 2 3)", "[1,2,3]", "(1 #_ 7 2 #_ [8] #_ #_ 9 10 3)", "^:x [1 2 3]"],
    &["[[1 2] [3]]", "((1 2) (3))", "[(1 2) [3]]"],
    &["[1 2.0 3]"],
    &["[3 2 1]"],
    &["[[1 2 3]]"],
    &["#{}"],
    &["#{1 2 3}", "#{3 2 1}", "#{2, 0x3, 1N}"],
    &["#{[1] #{2}}", "#{#{2} (1)}"],
    &["{}"],
    &["{:a 1 :b [2]}", "{:b (2), :a 1}", "{ :a #_ :c 1N :b [2] ; and so on\n}"],
    &["#:n{:a 1 b 2 :_/c 3 :m/d 4 \"e\" 5}", "{:n/a 1 n/b 2 :c 3 :m/d 4 \"e\" 5}"],
    &["{{1 2} #{3}}", "{{1N 2} #{3}}"],
    &["#t 1"],
    &["#t [1]", "#t (1)"],
    &["#u [1]"],
    &["#a/b {:c 1}"],
    &["#inst \"2020-01-01T00:00:00Z\""],
    &["\"2020-01-01T00:00:00Z\""],
];

#[test]
fn values_are_equal_however_they_are_written() {
    for row in EQUAL {
        let first = one(row[0]);
        for text in *row {
            let value = one(text);
            assert_eq!(value, first, "{text:?} and {:?}", row[0]);
            assert_eq!(one(&value.to_string()), value, "{text:?} is written as {value}");
        }
    }
}

#[test]
fn values_that_differ_have_forms_that_differ() {
    for (place, row) in EQUAL.iter().enumerate() {
        for other in &EQUAL[place + 1..] {
            let (one, other) = (one(row[0]), one(other[0]));
            assert_ne!(one, other);
            assert_ne!(one.to_string(), other.to_string());
        }
    }
}

#[test]
fn what_is_no_edn_is_refused_with_a_reason() {
    for (text, why) in [
        ("1a", "is no number"),
        ("08", "is no number"),
        ("0x", "is no number"),
        ("0xg", "is no number"),
        ("1.5N", "is no number"),
        ("1e", "is no number"),
        ("1.2.3", "is no number"),
        ("1/-2", "is no number"),
        ("1/2N", "is no number"),
        ("2r2", "is no number"),
        ("2r101N", "is no number"),
        ("37r1", "radix"),
        ("1/0", "divides by zero"),
        ("1e99999999999M", "exponent"),
        ("##Nan", "is no EDN"),
        (":", "is no keyword"),
        ("@a", "is no EDN"),
        ("#\"a\"", "is no EDN"),
        ("#(a)", "is no EDN"),
        ("\\bell", "is no character"),
        ("\\u12", "no character"),
        ("\\o777", "no character"),
        ("\"\\x\"", "a string has no"),
        ("\"\\u12\"", "four hexadecimal digits"),
        ("\"\\ud83d\"", "half a character"),
        ("\"\\ude00\"", "half a character"),
        ("\"a", "a string that begins here has no end"),
        ("{:a}", "the key \":a\" of a map has no value"),
        ("{:a 1 :a 2}", "the key \":a\" twice"),
        ("{1 1 1N 2}", "the key \"1\" twice"),
        ("#{1 0x1}", "a set has \"1\" twice"),
        ("[1", "has no end"),
        ("[1}", "a '}' that nothing opens"),
        ("]", "a ']' that nothing opens"),
        ("#t", "has no end"),
        ("[#t]", "a ']' that nothing opens"),
        ("#:n 1", "followed by a map"),
        ("", "a value is missing"),
        ("#_ 1", "a value is missing"),
        ("1 2", "more than a value"),
    ] {
        let told = refused(text);
        assert!(told.contains(why), "{text:?}: {told}");
    }
}

#[test]
fn forms_come_one_by_one_with_their_lines() {
    let cut = |text: &str| -> Vec<(u64, String)> {
        let forms = Forms::unwrapped(text).map(|form| form.unwrap_or_else(|t| panic!("{}", t.why)));
        forms.map(|(line, form)| (line, form.to_string())).collect()
    };
    let is = |text: &str, forms: &[(u64, &str)]| {
        let forms: Vec<_> = forms.iter().map(|(line, form)| (*line, form.to_string())).collect();
        assert_eq!(cut(text), forms, "{text:?}");
    };
    is("{:a 1}\n{:b \"}\\\"{\"} 7", &[(1, "{:a 1}"), (2, "{:b \"}\\\"{\"}"), (2, "7")]);
    is("[{:a [1 2]} ; note }\n\n#x.Y{:b #{1}}]", &[(1, "{:a [1 2]}"), (3, "#x.Y {:b #{1}}")]);
    is("#_ {:a\n1}\n(1 #_ 2 \n3 #_ 4) ; end", &[(3, "1"), (4, "3")]);
    is("\"a\nb\" #_ \"c\n\" 1", &[(1, "\"a\\nb\""), (3, "1")]);
    is(" ,\n; nothing", &[]);
    is("[]", &[]);
}

#[test]
fn what_has_no_end_is_refused_where_it_begins() {
    for (text, line) in [
        ("\n{:a", 2),
        ("[1 2", 1),
        ("1\n]", 2),
        ("{:a [1}", 1),
        ("\"a\n", 1),
        ("[1]\n2", 2),
        ("[1]\n]", 2),
        ("#_ [\n", 1),
    ] {
        let trouble = Forms::unwrapped(text).find_map(Result::err);
        let trouble = trouble.unwrap_or_else(|| panic!("{text:?}"));
        assert_eq!(trouble.line, Some(line), "{text:?}: {}", trouble.why);
    }
}

#[test]
fn no_depth_and_no_length_overflows() {
    for text in [
        "[".repeat(100_000),
        "{:a ".repeat(100_000),
        "#a ".repeat(1_000_000),
        "#_ ".repeat(1_000_000),
        "^a ".repeat(1_000_000),
        "#:a{:b ".repeat(100_000),
        format!("\"{}\"", "x".repeat(PIECE_MAX + 1)),
        "x".repeat(PIECE_MAX + 1),
        format!("[{}]", "1 ".repeat(PIECE_MAX)),
        "7".repeat(10_000),
        format!("36r{}", "z".repeat(10_000)),
    ] {
        let shown = &text[..20];
        assert!(Forms::new(&text, 1).any(|form| form.is_err()), "{shown}");
    }
    assert!(Forms::only(&format!("{}1{}", "[".repeat(32), "]".repeat(32)), 1).is_ok());
}
