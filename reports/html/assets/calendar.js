// Draws the calendar's heat maps from the JSON beside each of them, in the
// colours of the reader's light or dark, and again when those or the width
// change. Text from the data is only ever drawn as text.
(function () {
  'use strict';
  var css = function (name) {
    return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  };
  // plain keeps echarts from reading styles out of a name: {style|text}.
  function plain(s) { return String(s === undefined ? '' : s).replace(/[{}|]/g, ' '); }

  function dress(spec, width) {
    var option = spec.option, narrow = width < 560;
    var ink = css('--ink'), quiet = css('--quiet'), rule = css('--rule'), paper = css('--card');
    var font = getComputedStyle(document.body).fontFamily;
    option.textStyle = { fontFamily: font, fontSize: 12, color: ink };
    option.animation = false;
    option.tooltip.backgroundColor = paper;
    option.tooltip.borderColor = rule;
    option.tooltip.textStyle = { color: ink, fontSize: 12, fontFamily: font };
    option.tooltip.formatter = function (p) { return plain(p.data && p.data.name); };
    var map = Array.isArray(option.visualMap) ? option.visualMap[0] : option.visualMap;
    option.visualMap = {
      type: 'continuous', min: 0, max: map.max, orient: 'horizontal', left: 'center', bottom: 0, itemWidth: 11, itemHeight: 150,
      text: [plain(spec.highest), '0'], textStyle: { color: quiet, fontSize: 11 }, calculable: false, hoverLink: false,
      inRange: { color: [css('--h0'), css('--h1'), css('--h2'), css('--h3'), css('--h4')] }
    };
    option.series.forEach(function (s) {
      s.itemStyle = { borderColor: paper, borderWidth: 1 };
      s.emphasis = { itemStyle: { borderColor: ink, borderWidth: 1 } };
      s.label = { show: false };
      s.progressive = 0;
    });
    if (spec.year) {
      var label = { color: quiet, fontSize: 11 };
      option.calendar = [{
        range: String(spec.year), orient: narrow ? 'vertical' : 'horizontal', cellSize: ['auto', 'auto'],
        left: narrow ? 40 : 36, right: 6, top: narrow ? 26 : 22, bottom: 40,
        itemStyle: { color: 'transparent', borderColor: paper, borderWidth: 1 },
        splitLine: { show: true, lineStyle: { color: quiet, width: 1 } },
        dayLabel: { firstDay: 1, color: label.color, fontSize: label.fontSize, nameMap: narrow ? ['S', 'M', 'T', 'W', 'T', 'F', 'S'] : ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'] },
        monthLabel: { color: label.color, fontSize: label.fontSize, nameMap: 'EN' }, yearLabel: { show: false }
      }];
      return option;
    }
    option.grid = { left: 4, right: 8, top: 6, bottom: 38, containLabel: true };
    var x = option.xAxis[0], y = option.yAxis[0];
    [x, y].forEach(function (a) {
      a.axisLine = { show: false };
      a.axisTick = { show: false };
      a.splitLine = { show: false };
      a.splitArea = { show: false };
      a.axisLabel = { color: quiet, fontSize: 11, hideOverlap: true, formatter: plain };
    });
    y.axisLabel.interval = 0;
    y.axisLabel.width = narrow ? 84 : 160;
    y.axisLabel.overflow = 'truncate';
    y.axisLabel.ellipsis = '…';
    return option;
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
      d.chart.setOption(dress(JSON.parse(d.source), width), true);
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
