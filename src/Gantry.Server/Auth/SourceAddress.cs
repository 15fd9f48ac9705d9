using System.Net;
using System.Net.Sockets;

namespace Gantry.Server.Auth;

/// <summary>
/// The part of an address that one party holds: an IPv4 address, or the first 64 bits of an IPv6 address, of which everybody
/// with a connection has 2^64.
/// </summary>
public static class SourceAddress
{
    private const int Ipv6Prefix = 8;

    public static string Of(HttpContext context) => Of(context.Connection.RemoteIpAddress);

    /// <param name="address">An address as audits record it.</param>
    public static string Of(string address) => Of(IPAddress.TryParse(address, out var parsed) ? parsed : null);

    public static string Of(IPAddress? address)
    {
        switch (address)
        {
            case null:
                return "";
            case { IsIPv4MappedToIPv6: true }:
                return address.MapToIPv4().ToString();
            case { AddressFamily: AddressFamily.InterNetworkV6 } when !IPAddress.IsLoopback(address):
                var bytes = address.GetAddressBytes();
                bytes.AsSpan(Ipv6Prefix).Clear();
                return $"{new IPAddress(bytes)}/64";
            default:
                return address.ToString();
        }
    }
}
