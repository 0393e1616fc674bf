package headroom

// Seeded is what seeding created, so that scripts find it again. It holds no
// secret but the portal's access tokens, which is why it is a file of mode
// 0600 outside of the bundle.
type Seeded struct {
	Version string                `json:"version"` // as the server reports it, "19.0"
	Sites   map[string]SeededSite `json:"sites"`   // by the site's name
}

// SeededSite is what a site's database, or its company there, holds.
type SeededSite struct {
	Database      string        `json:"database"`
	Company       int64         `json:"company"`        // res.company
	Warehouse     int64         `json:"warehouse"`      // stock.warehouse
	TwoStep       bool          `json:"two_step"`       // goods go over an input and an output area: picks and putaways are transfers of their own
	Carrier       int64         `json:"carrier"`        // delivery.carrier; 0 without one
	Logins        []string      `json:"logins"`         // by user index; a technical user, where the plan needs one, is the last
	Products      []int64       `json:"products"`       // product.product ids by rank of popularity
	Codes         []string      `json:"codes"`          // default_code by rank
	Partners      []int64       `json:"partners"`       // customers
	Vendor        int64         `json:"vendor"`         // res.partner that purchases come from
	StockLocation int64         `json:"stock_location"` // stock.location
	Bins          []int64       `json:"bins"`           // stock.location: shelves below StockLocation; the product of rank r is kept at Bins[r mod len]; empty: at StockLocation
	PickType      int64         `json:"pick_type"`      // stock.picking.type of picks from stock to the output area; 0 in one step
	OutType       int64         `json:"out_type"`       // stock.picking.type of deliveries
	InType        int64         `json:"in_type"`        // stock.picking.type of receipts
	StoreType     int64         `json:"store_type"`     // stock.picking.type of putaways from the input area; 0 in one step
	Input         int64         `json:"input"`          // stock.location where receipts arrive in two steps; 0 in one
	Output        int64         `json:"output"`         // stock.location where picks go in two steps; 0 in one
	ShopPages     []string      `json:"shop_pages"`     // paths of product pages in the web shop, "/shop/…"; empty without one
	PortalOrders  []PortalOrder `json:"portal_orders"`
	Webhook       string        `json:"webhook"` // path, "/web/hook/…"; "" when the server has none
}

// PortalOrder is an order whose portal page can be opened with its token.
type PortalOrder struct {
	ID    int64  `json:"id"`
	Token string `json:"token"`
}

// Login is what a planned user logs in with.
type Login struct {
	Login    string
	Password Secret
	Key      Secret // JSON-2 key; "" when there is none
}

// Logins are the planned users by site, in the order of user index.
type Logins map[string][]Login
