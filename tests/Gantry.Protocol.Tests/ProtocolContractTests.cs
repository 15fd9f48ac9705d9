namespace Gantry.Protocol.Tests;

public sealed class ProtocolContractTests
{
    [Theory]
    [InlineData(1, 1, null)]
    [InlineData(1, 2, "The gateway speaks contract 1 and the console contract 2: upgrade the gateway.")]
    [InlineData(3, 2, "The gateway speaks contract 3 and the console contract 2: upgrade the console.")]
    public void A_difference_names_both_versions_and_the_side_to_upgrade(int gateway, int console, string? message) =>
        Assert.Equal(message, ProtocolContract.Mismatch(gateway, console));

    [Theory]
    [InlineData(null, 1)]
    [InlineData("", 1)]
    [InlineData("7", 7)]
    [InlineData("seven", 1)]
    public void A_side_without_a_valid_header_speaks_contract_1(string? header, int version) =>
        Assert.Equal(version, ProtocolContract.Read(header));
}
