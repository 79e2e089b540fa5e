-- wrk script. Arguments after "--": file of paths (each may carry an ETag after a tab), first line.
-- Header X-API-Key and others come from wrk's own -H. Prints one line of JSON.
local requests, number = {}, 0

function init(args)
   local first = tonumber(args[2]) or 0
   local lines = {}
   for line in io.lines(args[1]) do lines[#lines + 1] = line end
   for i = 1, #lines do
      local path, tag = lines[(first + i - 1) % #lines + 1]:match("^([^\t]*)\t?(.*)$")
      local headers = {}
      for name, value in pairs(wrk.headers) do headers[name] = value end
      if tag ~= "" then headers["If-None-Match"] = tag end
      requests[i] = wrk.format("GET", path, headers)
   end
end

function request()
   number = number % #requests + 1
   return requests[number]
end

function done(summary, latency, _)
   local errors = summary.errors
   io.write(string.format(
      '{"requests":%d,"microseconds":%d,"bytes":%d,"network_errors":%d,"status_errors":%d,"timeouts":%d,"p50":%.0f,"p90":%.0f,"p99":%.0f,"max":%.0f}\n',
      summary.requests, summary.duration, summary.bytes, errors.connect + errors.read + errors.write, errors.status, errors.timeout,
      latency:percentile(50), latency:percentile(90), latency:percentile(99), latency.max))
end
