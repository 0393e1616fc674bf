package headroom

// Seeded is what seeding created, so that scripts find it again. It holds no
// secret but the portal's access tokens, which is why it is a file of mode
// 0600 outside of the bundle.
type Seeded struct {
	Version   string                `json:"version"` // as the server reports it, "19.0"
	Databases map[string]SeededSite `json:"databases"`
}

// SeededSite is what one database holds.
type SeededSite struct {
	Logins        []string      `json:"logins"`         // by user index
	Products      []int64       `json:"products"`       // product.product ids by rank of popularity
	Codes         []string      `json:"codes"`          // default_code by rank
	Partners      []int64       `json:"partners"`       // customers
	Vendor        int64         `json:"vendor"`         // res.partner that purchases come from
	StockLocation int64         `json:"stock_location"` // stock.location
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

// Logins are the planned users by database, in the order of user index.
type Logins map[string][]Login
