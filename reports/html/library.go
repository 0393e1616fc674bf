package html

// Library is the chart library that pages hold, for a page that is served.
func Library() string { return echarts }

// Style is the style that all pages share.
func Style() string { return style }
