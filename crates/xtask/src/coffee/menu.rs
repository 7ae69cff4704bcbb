//! What the bars sell. Prices are in cents without tax.

/// Something on the menu.
#[derive(Debug, PartialEq, Eq)]
pub struct Item {
    /// As it stands on the receipt.
    pub sku: &'static str,
    /// drink, food, beans, merch or gift-card.
    pub category: &'static str,
    /// Empty for what is made at the bar.
    pub brand: &'static str,
    /// Cents.
    pub price: i64,
    /// Thousandths of the price.
    pub tax: i64,
    /// How often it is chosen among its category.
    pub weight: i64,
}

const fn item(
    sku: &'static str,
    category: &'static str,
    brand: &'static str,
    price: i64,
    tax: i64,
    weight: i64,
) -> Item {
    Item {
        sku,
        category,
        brand,
        price,
        tax,
        weight,
    }
}

/// Made at the bar.
pub const DRINKS: &[Item] = &[
    item("flat-white", "drink", "", 352, 135, 24),
    item("cappuccino", "drink", "", 361, 135, 18),
    item("latte", "drink", "", 370, 135, 17),
    item("americano", "drink", "", 308, 135, 14),
    item("espresso", "drink", "", 251, 135, 8),
    item("cortado", "drink", "", 326, 135, 6),
    item("mocha", "drink", "", 405, 135, 5),
    item("breakfast-tea", "drink", "", 255, 135, 8),
    item("chai", "drink", "", 379, 135, 4),
    item("filter-of-the-day", "drink", "", 299, 135, 5),
];

/// From the counter.
pub const FOOD: &[Item] = &[
    item("croissant", "food", "", 256, 135, 22),
    item("scone", "food", "", 282, 135, 18),
    item("porridge", "food", "", 396, 135, 10),
    item("soda-bread-toast", "food", "", 348, 135, 14),
    item("banana-bread", "food", "", 317, 135, 13),
    item("cheese-toastie", "food", "", 696, 135, 12),
    item("soup-of-the-day", "food", "", 652, 135, 7),
    item("energy-ball", "food", "", 229, 135, 4),
];

/// Bags.
pub const BEANS: &[Item] = &[
    item("house-250", "beans", "Bean & Leaf", 950, 0, 12),
    item("house-1000", "beans", "Bean & Leaf", 3200, 0, 4),
    item("single-origin-250", "beans", "Bean & Leaf", 1225, 0, 8),
    item("decaf-250", "beans", "Harbour Roast", 1090, 0, 3),
    item("leaf-tea-100", "beans", "Harbour Roast", 780, 0, 4),
];

/// From the shelf.
pub const MERCH: &[Item] = &[
    item("keep-cup", "merch", "Keep", 1463, 230, 6),
    item("hand-grinder", "merch", "Millstone", 6098, 230, 2),
    item("filter-papers", "merch", "Millstone", 650, 230, 5),
    item("tote-bag", "merch", "Bean & Leaf", 976, 230, 3),
];

/// Money for later.
pub const GIFT_CARDS: &[Item] = &[
    item("gift-card-20", "gift-card", "", 2000, 0, 5),
    item("gift-card-50", "gift-card", "", 5000, 0, 2),
];

/// A line of a receipt.
#[derive(Debug, Clone)]
pub struct Line {
    /// What.
    pub item: &'static Item,
    /// How many.
    pub quantity: i64,
    /// Cents before the coupon.
    pub gross: i64,
    /// Cents off; none without a coupon.
    pub discount: Option<i64>,
    /// Cents after the coupon, without tax.
    pub net: i64,
    /// Cents of tax.
    pub tax: i64,
    /// Brought a cup.
    pub own_cup: bool,
}

impl Line {
    /// So many of an item, with so many per cent off.
    pub fn of(item: &'static Item, quantity: i64, percent_off: i64, own_cup: bool) -> Line {
        let gross = item.price * quantity;
        // Gift cards are money: no coupon makes them cheaper.
        let discount = (percent_off > 0 && item.category != "gift-card")
            .then_some((gross * percent_off + 50) / 100);
        let net = gross - discount.unwrap_or(0);
        Line {
            item,
            quantity,
            gross,
            discount,
            net,
            tax: (net * item.tax + 500) / 1000,
            own_cup,
        }
    }
}
