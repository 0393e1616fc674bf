package sim

import "math"

// The ziggurats of Marsaglia and Tsang ("The Ziggurat Method for Generating
// Random Variables", Journal of Statistical Software 5(8), 2000), in the form
// of math/rand/v2, whose draws these are: without its interface call, which is
// a good part of an event's time.
const (
	expRight    = 7.69711747013104972 // where the exponential's tail begins
	expArea     = 3.949659822581572e-3
	normalRight = 3.442619855899 // where the normal distribution's tail begins
	normalArea  = 9.91256303526217e-3
)

type layers struct {
	accept [256]uint32
	width  [256]float32
	height [256]float32
}

var expLayers, normalLayers = newLayers(256, 1<<32, expRight, expArea, func(x float64) float64 { return math.Exp(-x) },
	func(y float64) float64 { return -math.Log(y) }),
	newLayers(128, 1<<31, normalRight, normalArea, func(x float64) float64 { return math.Exp(-x * x / 2) },
		func(y float64) float64 { return math.Sqrt(-2 * math.Log(y)) })

// newLayers cuts a falling density into n layers of one area, of which the
// lowest one has the tail beyond right; scale is the range of the integers.
func newLayers(n int, scale, right, area float64, density, inverse func(float64) float64) *layers {
	var l layers
	x, last := right, right
	base := area / density(x)
	l.accept[0], l.width[0], l.height[0] = uint32(x/base*scale), float32(base/scale), 1
	l.width[n-1], l.height[n-1] = float32(x/scale), float32(density(x))
	for i := n - 2; i >= 1; i-- {
		x = inverse(area/x + density(x))
		l.accept[i+1] = uint32(x / last * scale)
		last = x
		l.width[i], l.height[i] = float32(x/scale), float32(density(x))
	}
	return &l
}

// Float64 is uniform in [0, 1).
func (s *source) Float64() float64 { return float64(s.Uint64()<<11>>11) / (1 << 53) }

// ExpFloat64 is exponential with mean 1.
func (s *source) ExpFloat64() float64 {
	u := s.Uint64()
	j, i := uint32(u), uint8(u>>32)
	x := float64(j) * float64(expLayers.width[i])
	if j < expLayers.accept[i] {
		return x
	}
	return s.slowExp(j, i, x)
}

func (s *source) slowExp(j uint32, i uint8, x float64) float64 {
	l := expLayers
	for {
		switch {
		case j < l.accept[i]:
			return x
		case i == 0:
			return expRight - math.Log(s.Float64())
		case l.height[i]+float32(s.Float64())*(l.height[i-1]-l.height[i]) < float32(math.Exp(-x)):
			return x
		}
		u := s.Uint64()
		j, i = uint32(u), uint8(u>>32)
		x = float64(j) * float64(l.width[i])
	}
}

// NormFloat64 is normal with mean 0 and variance 1.
func (s *source) NormFloat64() float64 {
	l := normalLayers
	for {
		u := s.Uint64()
		j, i := int32(u), u>>32&0x7f
		x := float64(j) * float64(l.width[i])
		switch {
		case magnitude(j) < l.accept[i]:
			return x
		case i == 0:
			return s.tail(j > 0)
		case l.height[i]+float32(s.Float64())*(l.height[i-1]-l.height[i]) < float32(math.Exp(-.5*x*x)):
			return x
		}
	}
}

func magnitude(j int32) uint32 {
	if j < 0 {
		return uint32(-j)
	}
	return uint32(j)
}

// tail is of the normal distribution beyond normalRight.
func (s *source) tail(positive bool) float64 {
	for {
		x := -math.Log(s.Float64()) * (1 / normalRight)
		if y := -math.Log(s.Float64()); y+y >= x*x {
			if positive {
				return normalRight + x
			}
			return -normalRight - x
		}
	}
}
