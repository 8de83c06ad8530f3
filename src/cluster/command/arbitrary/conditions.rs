//! What is asked of the present: measures, comparisons, conditions.

use super::*;

pub(super) fn group() -> impl Strategy<Value = Group> {
    let quantity = prop_oneof![
        select(vec![Quantity::All, Quantity::Any, Quantity::None]),
        plain_number().prop_map(Quantity::AtLeast),
    ];
    prop_oneof![
        servers_word().prop_map(|who| Group { quantity: Quantity::Plain, who: vec![who] }),
        (quantity, servers()).prop_map(|(quantity, who)| Group { quantity, who }),
    ]
}

pub(super) fn argument(takes: Takes) -> BoxedStrategy<Argument> {
    let hole = |plus| Number { base: Base::Hole(Text::new("{n}")), plus };
    match takes {
        Takes::Nothing => Just(Argument::None).boxed(),
        Takes::Key | Takes::Lock => word().prop_map(Argument::Text).boxed(),
        Takes::Client | Takes::Since => of(name()).prop_map(Argument::Name).boxed(),
        Takes::Index => plain_number().prop_map(Argument::Number).boxed(),
        Takes::Hole => plus().prop_map(hole).prop_map(Argument::Number).boxed(),
        Takes::Peer => of(servers_word()).prop_map(Argument::Peer).boxed(),
        Takes::Role => select(RoleName::ALL.to_vec()).prop_map(Argument::Role).boxed(),
        Takes::Option => setting().prop_map(Argument::Option).boxed(),
        Takes::Invariant => select(Invariant::ALL.to_vec()).prop_map(Argument::Invariant).boxed(),
        Takes::Outcome => outcome().prop_map(Argument::Outcome).boxed(),
    }
}

pub(super) fn outcome() -> impl Strategy<Value = Outcome> {
    select(vec![Outcome::Ok, Outcome::NoKey, Outcome::Version, Outcome::Maybe])
}

/// Any row of the table that may stand there.
pub(super) fn measure(position: Position) -> impl Strategy<Value = Measure> {
    let rows: Vec<_> = measures::all().filter(|row| position.admits(row)).collect();
    select(rows).prop_flat_map(move |row| {
        let plain = |group: &Option<Group>| {
            group.as_ref().is_none_or(|group| group.quantity == Quantity::Plain)
        };
        let group = match row.is_of_servers() {
            true => group().prop_map(Some).boxed(),
            false => Just(None).boxed(),
        };
        let group = group.prop_filter("one server", move |group| {
            position == Position::Condition || plain(group)
        });
        (group, argument(row.takes)).prop_map(move |(group, argument)| Measure {
            row,
            group,
            argument,
        })
    })
}

pub(super) fn operand(kind: Kind) -> BoxedStrategy<Operand> {
    let version = || of(plain_number().prop_filter("whole", |it| it.plus >= 0));
    let value = || {
        (word(), version()).prop_map(|(value, version)| {
            Operand::Value(ReplyPattern { kind: PatternKind::Value(value), version })
        })
    };
    let outcome = (outcome(), version()).prop_map(|(outcome, version)| {
        Operand::Value(ReplyPattern { kind: PatternKind::Outcome(outcome), version })
    });
    let measure = || measure(Position::Operand(kind)).prop_map(Box::new).prop_map(Operand::Measure);
    let hole = || Just(Operand::Hole(Text::new("{r}")));
    match kind {
        Kind::Truth | Kind::Number => number().prop_map(Operand::Number).boxed(),
        Kind::Server => {
            prop_oneof![of(servers_word()).prop_map(Operand::Server), measure(),].boxed()
        }
        Kind::Servers => prop_oneof![
            servers().prop_map(Operand::Servers),
            Just(Operand::Servers(Vec::new())),
            measure()
        ]
        .boxed(),
        Kind::Role => {
            prop_oneof![select(RoleName::ALL.to_vec()).prop_map(Operand::Role), measure(), hole()]
                .boxed()
        }
        Kind::Terms => prop_oneof![log().prop_map(Operand::Terms), measure(), hole()].boxed(),
        Kind::Value => value().boxed(),
        Kind::Reply => prop_oneof![value(), outcome].boxed(),
        Kind::Client => name().prop_map(Operand::Client).boxed(),
    }
}

pub(super) fn simple_condition() -> impl Strategy<Value = Condition> {
    let compared = measure(Position::Condition)
        .prop_filter("compared", |measure| measure.row.answers != Kind::Truth);
    let compared = compared.prop_flat_map(|measure| {
        let compare = match measure.row.answers {
            Kind::Number => compare().boxed(),
            _ => Just(Compare::Equal).boxed(),
        };
        (compare, operand(measure.row.answers)).prop_map(move |(compare, operand)| {
            Condition::Compare(measure.clone(), compare, operand)
        })
    });
    let alone = measure(Position::Condition).prop_filter("may stand alone", |measure| {
        measure.row.answers == Kind::Truth || measure.row.answers.may_be_none()
    });
    prop_oneof![2 => compared, 1 => alone.prop_map(Condition::Is)]
}

pub(super) fn condition() -> impl Strategy<Value = Condition> {
    simple_condition().prop_recursive(4, 12, 2, |inner| {
        prop_oneof![
            (inner.clone(), inner.clone())
                .prop_map(|(one, two)| Condition::And(Box::new(one), Box::new(two))),
            (inner.clone(), inner.clone())
                .prop_map(|(one, two)| Condition::Or(Box::new(one), Box::new(two))),
            inner.prop_map(|inner| Condition::Not(Box::new(inner))),
        ]
    })
}

pub(super) fn watched() -> impl Strategy<Value = Watched> {
    let value = measure(Position::Value);
    // What may stand alone and has a value is shown as that.
    let condition = condition().prop_filter("no value", |condition| match condition {
        Condition::Is(measure) => {
            let plain = |group: &Group| group.quantity == Quantity::Plain;
            !measure.row.has_value() || !measure.group.as_ref().is_none_or(plain)
        }
        _ => true,
    });
    prop_oneof![value.prop_map(Watched::Value), condition.prop_map(Watched::Condition)]
}
