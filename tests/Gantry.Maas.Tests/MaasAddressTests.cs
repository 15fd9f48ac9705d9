using System.Text.Json;

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
    [InlineData("http://maas:5240/MAAS/r/machines", "http://maas:5240/MAAS/")]
    [InlineData("http://maas:5240/MAAS/r/machines?status=ready&q=a", "http://maas:5240/MAAS/")]
    [InlineData("http://maas:5240/MAAS/r", "http://maas:5240/MAAS/")]
    [InlineData("https://maas.example/MAAS/l/login", "https://maas.example/MAAS/")]
    [InlineData("http://maas:5240/MAAS/#/machines", "http://maas:5240/MAAS/")]
    public void Every_usual_form_gives_the_same_base_URL(string text, string url) =>
        Assert.Equal(new Uri(url), MaasEndpoint.Parse(text).Url);

    [Theory]
    [InlineData("")]
    [InlineData("maas")]
    [InlineData("ftp://user:pass@maas")]
    [InlineData("http://")]
    [InlineData("http://user:pass@maas/MAAS")]
    [InlineData("http://maas/MAAS?key=1")]
    public void A_malformed_address_is_refused_with_the_expected_form_and_is_not_repeated(string text)
    {
        var refused = Assert.Throws<FormatException>(() => MaasEndpoint.Parse(text)).Message;

        Assert.Contains("http://maas.example:5240/MAAS", refused, StringComparison.Ordinal);
        Assert.DoesNotContain("pass", refused, StringComparison.Ordinal);
        Assert.False(MaasEndpoint.TryParse(text, out _, out var problem));
        Assert.Equal(refused, problem);
    }

    [Fact]
    public void Two_forms_of_one_address_are_equal() =>
        Assert.Equal(MaasEndpoint.Parse("maas.example:5240"), MaasEndpoint.Parse("http://MAAS.example:5240/MAAS/api/2.0/"));

    [Fact]
    public void An_address_in_a_file_is_read_in_every_usual_form_and_written_in_one()
    {
        var addresses = JsonSerializer.Deserialize<MaasEndpoint[]>("""["maas.example", "https://maas.example:5443/MAAS/"]""");

        Assert.Equal("""["http://maas.example/MAAS","https://maas.example:5443/MAAS"]""", JsonSerializer.Serialize(addresses));
    }

    [Theory]
    [InlineData("\"maas\"")]
    [InlineData("5240")]
    public void An_invalid_address_in_a_file_is_an_error_of_the_file(string json) =>
        Assert.Throws<JsonException>(() => JsonSerializer.Deserialize<MaasEndpoint>(json));

    [Theory]
    [InlineData("")]
    [InlineData("hunter2")]
    [InlineData("a:hunter2")]
    [InlineData("a::hunter2")]
    [InlineData("a:b:hunter2:d")]
    [InlineData("a:b:hunter2!")]
    public void A_malformed_key_is_refused_with_the_expected_form_and_is_not_repeated(string key)
    {
        var failure = Assert.Throws<FormatException>(() => MaasApiKey.Parse(key));

        Assert.Contains("consumer_key:token_key:token_secret", failure.Message, StringComparison.Ordinal);
        Assert.False(MaasApiKey.TryParse(key, out _, out var problem));
        Assert.Equal(failure.Message, problem);
        Assert.DoesNotContain("hunter2", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_key_prints_as_a_mask_alone_and_inside_the_options_of_a_client()
    {
        var key = MaasApiKey.Parse(" consumer:token0123:secret\n");

        Assert.Equal("MAAS key toke…", key.ToString());
        var options = new MaasClientOptions(MaasEndpoint.Parse("maas.example"), key);
        Assert.DoesNotContain("secret", options.ToString(), StringComparison.Ordinal);
        Assert.Equal("consumer:token0123:secret", key.Reveal());
    }
}
