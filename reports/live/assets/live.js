// Draws what the run's headroom sends each second. Texts come ready-made and
// are only ever shown as text.
(function () {
  'use strict';
  var el = function (id) { return document.getElementById(id); };
  var css = function (name) { return getComputedStyle(document.documentElement).getPropertyValue(name).trim(); };
  var most = 2000; // points that are kept; beyond it every other one goes
  var points = [], frame = null, charts = {};

  function make(tag, text, shade) {
    var e = document.createElement(tag);
    e.textContent = text;
    if (shade) e.className = shade;
    return e;
  }

  function table() {
    el('head').replaceChildren.apply(el('head'), frame.head.map(function (h, i) {
      var th = make('th', h, i === 0 ? 'left' : '');
      th.scope = 'col';
      return th;
    }));
    el('rows').replaceChildren.apply(el('rows'), frame.rows.map(function (row) {
      var tr = document.createElement('tr');
      row.forEach(function (c, i) {
        var cell = make(i === 0 ? 'th' : 'td', c.text, c.shade);
        if (i === 0) { cell.scope = 'row'; cell.classList.add('left'); }
        tr.appendChild(cell);
      });
      return tr;
    }));
  }

  function words() {
    document.title = frame.run + ': ' + frame.moment;
    el('run').textContent = 'Run ' + frame.run;
    el('subtitle').textContent = frame.subtitle;
    el('moment').textContent = frame.moment.charAt(0).toUpperCase() + frame.moment.slice(1);
    el('answer').className = 'answer' + (frame.stage === 'ended' && !frame.good ? ' missed' : '');
    var percent = Math.round(100 * frame.progress);
    el('progress').setAttribute('aria-valuenow', String(percent));
    el('progress').firstElementChild.style.width = percent + '%';
    el('facts').replaceChildren.apply(el('facts'), frame.facts.map(function (f) {
      var div = document.createElement('div'), dd = document.createElement('dd');
      dd.append(make('b', f.value), make('span', f.note));
      div.append(make('dt', f.label), dd);
      return div;
    }));
    var list = el('notes').firstElementChild;
    list.replaceChildren.apply(list, frame.notes.map(function (n) { return make('li', n.text, n.shade); }));
    el('notes').hidden = frame.notes.length === 0;
  }

  // elapsed writes seconds of the run as minutes and seconds.
  function elapsed(v) {
    var s = Math.round(v);
    return Math.floor(s / 60) + ':' + (s % 60 < 10 ? '0' : '') + s % 60;
  }
  function short(v, unit) { return v === null || v === undefined ? '–' : Number(Number(v).toPrecision(3)) + unit; }
  function plain(s) { return String(s).replace(/[{}|]/g, ' '); }

  function series(name, color, dashed, value) {
    return { name: name, color: css('--c' + color % 8), dashed: dashed, data: points.map(function (p) {
      var v = value(p);
      return [p.t, v === undefined ? null : v];
    }) };
  }
  // keys are the names that any point has in a map, in order.
  function keys(map) {
    var all = {};
    points.forEach(function (p) { Object.keys(p[map] || {}).forEach(function (k) { all[k] = true; }); });
    return Object.keys(all).sort();
  }

  // shades says what is behind the lines: the lead-in, and the peaks.
  function shades() {
    var names = {};
    (frame.spans || []).forEach(function (p) {
      var k = p.name === 'lead-in' ? '--shade' : '--tint';
      names[k] = names[k] || [];
      if (names[k].indexOf(p.name) < 0) names[k].push(p.name);
    });
    return Object.keys(names).map(function (k) {
      var li = document.createElement('li'), key = make('i', '', 'area');
      key.style.background = css(k);
      li.append(key, make('span', names[k].join(', ')));
      return li;
    });
  }

  function draw(id, unit, scale, list) {
    var box = el(id), legend = box.parentNode.querySelector('.legend');
    if (!charts[id]) charts[id] = echarts.init(box, null, { renderer: 'svg' });
    legend.replaceChildren.apply(legend, list.map(function (s) {
      var li = document.createElement('li'), key = document.createElement('i');
      key.style.background = s.color;
      li.append(key, make('span', s.name));
      return li;
    }).concat(shades()));
    var last = points.length ? points[points.length - 1].t : 1;
    var quiet = css('--quiet'), rule = css('--rule');
    charts[id].setOption({
      animation: false,
      grid: { left: 4, right: 16, top: 12, bottom: 4, containLabel: true },
      tooltip: { trigger: 'axis', renderMode: 'richText', confine: true, backgroundColor: css('--card'), borderColor: rule,
        textStyle: { color: css('--ink'), fontSize: 12 },
        formatter: function (params) {
          return [elapsed(params[0].axisValue)].concat(params.map(function (p) {
            return plain(p.seriesName) + '  ' + short(p.data[1] === null ? null : p.data[1] / scale, unit);
          })).join('\n');
        } },
      xAxis: { type: 'value', min: 0, max: Math.max(last, frame.duration || 1), axisLabel: { color: quiet, fontSize: 11, formatter: elapsed, hideOverlap: true },
        axisLine: { lineStyle: { color: rule } }, axisTick: { show: false }, splitLine: { show: false } },
      yAxis: { type: 'value', min: 0, axisLabel: { color: quiet, fontSize: 11, formatter: function (v) { return short(v / scale, unit); } },
        splitNumber: 4, splitLine: { lineStyle: { color: rule } } },
      series: list.map(function (s, i) {
        return { name: s.name, type: 'line', data: s.data, showSymbol: s.data.length < 3, symbol: 'circle', symbolSize: 5,
          lineStyle: { width: 1.75, color: s.color, type: s.dashed ? 'dashed' : 'solid' }, itemStyle: { color: s.color }, emphasis: { disabled: true },
          markArea: i > 0 ? undefined : { silent: true, data: (frame.spans || []).map(function (p) {
            return [{ xAxis: p.from, itemStyle: { color: p.name === 'lead-in' ? css('--shade') : css('--tint') } }, { xAxis: p.to }];
          }) } };
      })
    }, true);
  }

  function plots() {
    if (!frame || points.length === 0) return;
    var names = frame.names;
    draw('rate', '/s', 1, [series('due', 1, true, function (p) { return p.offered; }), series('ended well', 0, false, function (p) { return p.completed; })]);
    var of = function (field) {
      return names.map(function (n, i) { return series(n, i, false, function (p) { return p[field][i]; }); })
        .filter(function (s) { return s.data.some(function (d) { return d[1] !== null; }); });
    };
    var list = of('p95'), largest = 0;
    list.forEach(function (s) { s.data.forEach(function (d) { largest = Math.max(largest, d[1] || 0); }); });
    draw('response', largest < 1 ? ' ms' : ' s', largest < 1 ? 1e-3 : 1, list);
    draw('backlog', '', 1, of('backlog').concat(keys('open').map(function (k, i) {
      return series('open: ' + k, names.length + i, true, function (p) { return p.open[k]; });
    })));
    draw('busy', ' %', 0.01, keys('busy').map(function (k, i) { return series(k, i, false, function (p) { return p.busy[k]; }); }));
  }

  function take(point) {
    if (!point) return;
    if (points.length && point.t < points[points.length - 1].t) points = []; // another run
    if (points.length && point.t === points[points.length - 1].t) points.pop();
    points.push(point);
    if (points.length > most) points = points.filter(function (_, i) { return i % 2 === 0; });
  }

  function show() {
    words();
    table();
    plots();
    document.documentElement.setAttribute('data-shown', String(points.length));
  }

  var stream = new EventSource('/events');
  stream.addEventListener('history', function (e) { points = JSON.parse(e.data) || []; });
  stream.addEventListener('frame', function (e) {
    frame = JSON.parse(e.data);
    take(frame.point);
    show();
  });
  stream.addEventListener('error', function () {
    if (!frame || frame.stage === 'ended') { stream.close(); return; }
    el('answer').className = 'answer lost';
    el('moment').textContent = 'The connection to headroom is lost. This is the last that it said: ' + frame.moment;
  });
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', plots);
  addEventListener('resize', function () {
    Object.keys(charts).forEach(function (id) { charts[id].resize(); });
  });
})();
