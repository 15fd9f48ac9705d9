using System.Net;
using Gantry.Server.Auth;
using Microsoft.AspNetCore.Connections;

namespace Gantry.Server.Api;

/// <summary>
/// Bounds the open connections of one source and of all together, before TLS: what a connection may make the console hold in
/// memory is bounded, so all of them are.
/// </summary>
internal sealed class ConnectionLimit(int perSource, int total)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, int> _open = new(StringComparer.Ordinal);
    private int _all;

    public ConnectionDelegate Around(ConnectionDelegate next) =>
        async connection =>
        {
            var source = SourceAddress.Of((connection.RemoteEndPoint as IPEndPoint)?.Address);
            if (!TryEnter(source))
            {
                connection.Abort(new ConnectionAbortedException("Too many connections are open."));
                return;
            }

            try
            {
                await next(connection);
            }
            finally
            {
                Leave(source);
            }
        };

    private bool TryEnter(string source)
    {
        lock (_gate)
        {
            var open = _open.GetValueOrDefault(source);
            if (open >= perSource || _all >= total)
            {
                return false;
            }

            _open[source] = open + 1;
            _all++;
            return true;
        }
    }

    private void Leave(string source)
    {
        lock (_gate)
        {
            _all--;
            if (--_open[source] is 0)
            {
                _open.Remove(source);
            }
        }
    }
}
