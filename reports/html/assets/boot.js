// Draws the page's charts from the JSON beside each of them, in the colours of
// the reader's light or dark, and again when those or the width change. Text
// from the data is only ever drawn as text.
(function () {
  'use strict';
  var css = function (name) {
    return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  };
  var palette = function (i) { return css('--c' + (i % 8)); };
  var pad = function (n) { return (n < 10 ? '0' : '') + n; };

  function tick(axis, v) {
    var s, n;
    switch (axis.kind) {
      case 'clock':
        s = ((Math.round(v) % 86400) + 86400) % 86400;
        return pad(Math.floor(s / 3600)) + ':' + pad(Math.floor(s / 60) % 60) + (axis.bySecond ? ':' + pad(s % 60) : '');
      case 'elapsed':
        s = Math.round(v);
        return Math.floor(s / 60) + ':' + pad(s % 60);
      case 'names':
        return axis.names[v] === undefined ? '' : axis.names[v];
    }
    n = Number((v / axis.size).toPrecision(6));
    return axis.unit ? n + (axis.unit === '/s' ? '' : '\u00a0') + axis.unit : String(n);
  }

  // interval is a step of time that people count in, for about so many ticks.
  function interval(length, ticks) {
    var steps = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 21600, 43200, 86400];
    for (var i = 0; i < steps.length; i++) {
      if (length / steps[i] <= ticks) return steps[i];
    }
    return 86400;
  }

  // blend calms a colour of a large area: three parts of it, one of the paper.
  function blend(color, paper) {
    return '#' + [1, 3, 5].map(function (i) {
      var v = 0.75 * parseInt(color.substr(i, 2), 16) + 0.25 * parseInt(paper.substr(i, 2), 16);
      return ('0' + Math.round(v).toString(16)).slice(-2);
    }).join('');
  }

  function dress(option, spec, width) {
    var ink = css('--ink'), quiet = css('--quiet'), rule = css('--rule'), paper = css('--card');
    var font = getComputedStyle(document.body).fontFamily;
    var narrow = width < 420;
    var x = option.xAxis[0], y = option.yAxis[0];
    option.textStyle = { fontFamily: font, fontSize: 12, color: ink };
    option.animation = false;
    option.grid = { left: 4, right: spec.x.kind === 'number' && !x.name ? 26 : 30, top: 14, bottom: x.name ? 26 : 4, containLabel: true };
    [[x, spec.x], [y, spec.y]].forEach(function (pair) {
      var a = pair[0], kind = pair[1];
      var names = kind.kind === 'names';
      a.axisLabel = {
        color: quiet, fontSize: 11, hideOverlap: !names, interval: names ? 0 : undefined,
        formatter: function (v, i) { return tick(kind, a.type === 'category' ? i : v); }
      };
      if (names) { a.axisLabel.width = narrow ? 128 : 150; a.axisLabel.overflow = 'truncate'; a.axisLabel.ellipsis = '…'; }
      a.axisLine = { show: a === x && spec.y.kind !== 'names', lineStyle: { color: rule } };
      a.axisTick = { show: false };
      a.splitLine = { show: a === y ? !names : spec.y.kind === 'names', lineStyle: { color: rule, width: 1 } };
      a.nameTextStyle = { color: quiet, fontSize: 11 };
      a.splitNumber = narrow ? 3 : 5;
      if (kind.step && a.type === 'value') a.interval = kind.step;
    });
    if (spec.x.kind === 'clock' || spec.x.kind === 'elapsed') {
      var step = interval(x.max - x.min, Math.max(2, Math.floor(width / 84))), marks = [];
      for (var t = Math.ceil(x.min / step) * step; t <= x.max; t += step) marks.push(t);
      spec.x.bySecond = step % 60 !== 0;
      x.axisLabel.customValues = marks;
      x.splitLine = { show: false };
    }
    option.series.forEach(function (s, i) {
      var look = spec.looks[i], color = palette(look.color);
      s.animation = false;
      switch (look.role) {
        case 'line':
          s.showSymbol = s.data.length < 3; s.symbol = "circle"; s.symbolSize = 6; s.lineStyle = { width: 1.75, color: color }; s.itemStyle = { color: color };
          break;
        case 'dotline':
          s.symbol = 'circle'; s.symbolSize = 5; s.showSymbol = true;
          s.lineStyle = { width: 1.75, color: color }; s.itemStyle = { color: color };
          break;
        case 'dot':
          s.symbol = 'circle'; s.symbolSize = spec.y.kind === 'names' ? 8 : 12; s.itemStyle = { color: color }; s.z = 4;
          break;
        case 'ring':
          s.symbol = 'circle'; s.symbolSize = spec.y.kind === 'names' ? 8 : 11; s.z = 5;
          s.itemStyle = { color: 'transparent', borderColor: color, borderWidth: 2 };
          break;
        case 'error':
          s.showSymbol = false; s.silent = true; s.tooltip = { show: false };
          s.lineStyle = { width: 4, color: color, opacity: 0.3, cap: 'butt' }; s.itemStyle = { color: color };
          break;
        case 'area':
          s.showSymbol = false; s.lineStyle = { width: 0 }; s.areaStyle = { color: blend(color, paper), opacity: 1 }; s.itemStyle = { color: color };
          break;
        case 'bar':
          s.itemStyle = { color: color }; s.barWidth = 13;
          break;
        case 'bound':
          s.showSymbol = false; s.silent = true; s.tooltip = { show: false };
          s.lineStyle = { width: 1.5, type: 'dashed', color: css('--missed') }; s.itemStyle = { color: css('--missed') };
          break;
        case 'rule':
          s.showSymbol = false; s.silent = true; s.tooltip = { show: false };
          s.lineStyle = { width: 1.5, type: 'dotted', color: quiet }; s.itemStyle = { color: quiet };
          break;
      }
      s.emphasis = { disabled: true };
      if (s.markArea) dressSpans(s.markArea, option, ink, quiet, rule);
    });
    option.tooltip.backgroundColor = paper;
    option.tooltip.borderColor = rule;
    option.tooltip.textStyle = { color: ink, fontSize: 12, fontFamily: font };
    option.tooltip.axisPointer = { type: spec.y.kind === 'names' ? 'shadow' : 'line', lineStyle: { color: quiet }, shadowStyle: { color: rule, opacity: 0.5 } };
    option.tooltip.formatter = function (params) {
      if (!Array.isArray(params)) return plain(params.data.name);
      var head = spec.y.kind === 'names' ? spec.y.names[params[0].dataIndex] : tick(at(spec.x), params[0].axisValue);
      return [plain(head)].concat(params.filter(function (p) { return p.data.name; }).map(function (p) {
        return plain(p.seriesName) + '  ' + plain(p.data.name);
      })).join('\n');
    };
    return option;
  }

  // plain keeps echarts from reading styles out of a name: {style|text}.
  function plain(s) { return String(s === undefined ? '' : s).replace(/[{}|]/g, ' '); }
  function at(axis) { return axis.kind === 'clock' ? { kind: 'clock', bySecond: true } : axis; }

  function dressSpans(area, option, ink, quiet, rule) {
    var rows = 0;
    area.silent = true;
    area.data.forEach(function (pair) {
      var lead = pair[0].kind === 'lead-in';
      pair[0].itemStyle = { color: lead ? css('--shade') : pair[0].kind === 'part' ? css('--tint') : 'transparent' };
      pair[0].label.position = 'insideTopLeft';
      pair[0].label.show = !lead;
      pair[0].label.color = ink;
      pair[0].label.fontSize = 11;
      if (!lead) rows = Math.max(rows, pair[0].label.offset[1] / 14 + 1);
    });
    option.grid.top = 14;
    option.yAxis[0].boundaryGap = [0, 0.08 + 0.09 * rows];
  }

  var drawn = [];
  function draw(light) {
    document.documentElement.classList.toggle('light', !!light);
    drawn.forEach(function (d) {
      var width = light ? Math.min(d.box.clientWidth, 660) : d.box.clientWidth;
      if (!width) return;
      if (!d.chart) d.chart = echarts.init(d.box, null, { renderer: 'svg', width: width, height: d.box.clientHeight });
      d.width = d.box.clientWidth;
      d.chart.resize({ width: width, height: d.box.clientHeight });
      var spec = JSON.parse(d.source);
      d.chart.setOption(dress(spec.option, spec, width), true);
    });
  }

  document.querySelectorAll('.plot').forEach(function (box) {
    drawn.push({ box: box, source: box.parentNode.querySelector('script[type="application/json"]').textContent });
  });
  draw(false);
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', function () { draw(false); });
  addEventListener('beforeprint', function () { draw(true); });
  addEventListener('afterprint', function () { draw(false); });
  var waiting = 0;
  addEventListener('resize', function () {
    clearTimeout(waiting);
    waiting = setTimeout(function () {
      if (drawn.some(function (d) { return d.box.clientWidth !== d.width; })) draw(false);
    }, 120);
  });
  document.documentElement.setAttribute('data-drawn', String(drawn.length));
})();
