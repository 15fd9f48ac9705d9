using System.Security.Cryptography;
using System.Text;
using Gantry.Clusters.Model;

namespace Gantry.Protocol.Tests;

public sealed class KeyDestinationTests
{
    [Fact]
    public void Everything_of_an_account_that_decides_where_its_key_goes_is_sealed_with_the_key()
    {
        var free = new[]
        {
            nameof(SealedAccount.Id),
            nameof(SealedAccount.Name),
            nameof(SealedAccount.Key),
            nameof(SealedAccount.Destination),
        };
        var bound = typeof(KeyDestination).GetProperties().Select(part => part.Name);

        Assert.Equal(
            typeof(SealedAccount).GetProperties().Select(part => part.Name).Except(free).Order(),
            bound.Except(["EqualityContract"]).Order()
        );
    }

    [Fact]
    public void A_key_opens_for_its_own_destination_only()
    {
        using var gateway = ECDiffieHellman.Create(ECCurve.NamedCurves.nistP256);
        var destination = new KeyDestination("https://maas.example:5443/MAAS", "pem");
        var key = destination.Seal("a:b:c", Convert.ToBase64String(gateway.ExportSubjectPublicKeyInfo()));
        var account = new SealedAccount(new AccountId("a"), "lab", destination.Endpoint, key, destination.CaPem);

        Assert.Equal("a:b:c", Open(account with { Name = "renamed" }));
        Assert.ThrowsAny<CryptographicException>(() => Open(account with { Endpoint = "https://thief.example:5443/MAAS" }));
        Assert.ThrowsAny<CryptographicException>(() => Open(account with { CaPem = "other" }));
        Assert.ThrowsAny<CryptographicException>(() => Open(account with { CaPem = null }));

        string Open(SealedAccount changed) => changed.Key.Open(gateway, changed.Destination.AssociatedData());
    }

    [Fact]
    public void The_bound_bytes_stay_as_they_are_or_no_stored_key_opens_any_more()
    {
        Assert.Equal("""{"endpoint":"http://maas:5240/MAAS"}""", Bytes(new KeyDestination("http://maas:5240/MAAS")));
        Assert.Equal(
            """{"endpoint":"http://maas:5240/MAAS","caPem":"pem\n"}""",
            Bytes(new KeyDestination("http://maas:5240/MAAS", "pem\n"))
        );

        static string Bytes(KeyDestination destination) => Encoding.UTF8.GetString(destination.AssociatedData());
    }
}
