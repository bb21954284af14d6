// What any server on Node.js is measured against: it reads each event, keeps none of them, and answers.
import { Buffer } from 'node:buffer';
import * as http from 'node:http';

const server = http.createServer((request, response) => {
  const chunks = [];
  request.on('data', (chunk) => chunks.push(chunk));
  request.on('end', () => {
    const text = Buffer.concat(chunks).toString();
    for (const line of text.split('\n')) JSON.parse(line);
    response.writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': 26 });
    response.end('{"accepted":1,"ignored":0}');
  });
});
server.listen(0, '127.0.0.1', () => {
  process.stdout.write(`${JSON.stringify({ listening: `http://127.0.0.1:${server.address().port}` })}\n`);
});
