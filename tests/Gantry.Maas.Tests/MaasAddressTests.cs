namespace Gantry.Maas.Tests;

public sealed class MaasAddressTests
{
    [Theory]
    [InlineData("http://maas:5240/MAAS", "http://maas:5240/MAAS/")]
    [InlineData("http://maas:5240/MAAS/", "http://maas:5240/MAAS/")]
    [InlineData("http://maas:5240/MAAS/api/2.0/", "http://maas:5240/MAAS/")]
    [InlineData("http://maas:5240/MAAS/api/2.0", "http://maas:5240/MAAS/")]
    [InlineData("https://maas.example", "https://maas.example/MAAS/")]
    [InlineData("maas.example:5240", "http://maas.example:5240/MAAS/")]
    [InlineData(" http://10.0.0.1/behind/MAAS ", "http://10.0.0.1/behind/MAAS/")]
    public void Every_usual_form_leads_to_the_same_base(string text, string url) => Assert.Equal(new Uri(url), MaasUrl.Normalise(text));

    [Theory]
    [InlineData("")]
    [InlineData("ftp://maas")]
    [InlineData("http://")]
    [InlineData("http://user:pass@maas/MAAS")]
    [InlineData("http://maas/MAAS?key=1")]
    public void What_is_no_address_is_refused_with_the_form_it_should_have(string text) =>
        Assert.Contains(
            "http://maas.example:5240/MAAS", Assert.Throws<FormatException>(() => MaasUrl.Normalise(text)).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("")]
    [InlineData("hunter2")]
    [InlineData("a:hunter2")]
    [InlineData("a::hunter2")]
    [InlineData("a:b:hunter2:d")]
    [InlineData("a:b:hunter2!")]
    public void A_malformed_key_is_refused_with_the_form_it_should_have_and_is_not_repeated(string key)
    {
        var failure = Assert.Throws<FormatException>(() => MaasApiKey.Parse(key));

        Assert.Contains("consumer_key:token_key:token_secret", failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_key_does_not_print_its_secret() =>
        Assert.DoesNotContain("secret", MaasApiKey.Parse("consumer:token:secret").ToString(), StringComparison.Ordinal);
}
