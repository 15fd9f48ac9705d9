using System.Net;
using System.Text;

namespace Gantry.Maas.Tests;

/// <summary>Answers with the test's responses in order, repeats the last one, and records the requests.</summary>
internal sealed class StubTransport : HttpMessageHandler
{
    private readonly Queue<Func<HttpRequestMessage, HttpResponseMessage>> _answers = new();
    private bool _answersNothing;

    public List<(string Method, string Path, string? Authorization, string Body)> Requests { get; } = [];

    public StubTransport Answer(
        HttpStatusCode status,
        string body,
        string mediaType = "application/json",
        Action<HttpResponseMessage>? more = null
    )
    {
        _answers.Enqueue(_ =>
        {
            var answer = new HttpResponseMessage(status) { Content = new StringContent(body, Encoding.UTF8, mediaType) };
            more?.Invoke(answer);
            return answer;
        });
        return this;
    }

    public StubTransport Fail(Exception failure)
    {
        _answers.Enqueue(_ => throw failure);
        return this;
    }

    public void NeverAnswer() => _answersNothing = true;

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        Requests.Add(
            (
                request.Method.Method,
                request.RequestUri!.PathAndQuery,
                request.Headers.TryGetValues("Authorization", out var values) ? values.Single() : null,
                request.Content is null ? "" : await request.Content.ReadAsStringAsync(cancellationToken)
            )
        );
        if (_answersNothing)
        {
            await new TaskCompletionSource().Task.WaitAsync(cancellationToken);
        }

        return (_answers.Count > 1 ? _answers.Dequeue() : _answers.Peek())(request);
    }
}
